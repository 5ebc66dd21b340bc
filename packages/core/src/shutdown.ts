import closeWithGrace from 'close-with-grace'
import type { Logger } from './logger.ts'

/**
 * SIGTERM and SIGINT run the closers in the order given and end the process; a second signal or the
 * deadline ends it at once. A bug that nobody caught ends it the same way, with exit code 1.
 */
export function onShutdown(closers: (() => Promise<unknown>)[], log: Logger, deadlineMs: number): void {
  closeWithGrace({ delay: deadlineMs, logger: false }, async ({ signal, err }) => {
    if (err === undefined) log.info({ signal }, 'stopping')
    else log.fatal({ err }, 'stopping after a bug')
    for (const close of closers) await close()
    log.info('stopped')
  })
}
