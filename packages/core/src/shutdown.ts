import closeWithGrace from 'close-with-grace'
import type { Logger } from './logger.ts'

/** One Ctrl-C under `npm run` comes twice, from the terminal and from npm; a person's second takes longer. */
const SAME_CTRL_C_MS = 500

/**
 * SIGTERM and SIGINT run the closers in the order given and end the process; a second signal or the
 * deadline ends it at once. A bug that nobody caught ends it the same way, with exit code 1.
 */
export function onShutdown(closers: (() => Promise<unknown>)[], log: Logger, deadlineMs: number): void {
  const onTimeout = () => log.error({ deadlineMs }, 'not stopped in time; is Redis away?')
  let stopping = false
  let ctrlCAt = -Infinity
  const grace = closeWithGrace(
    { delay: deadlineMs, logger: false, skip: ['SIGINT'], onTimeout },
    async ({ signal = 'SIGINT', err }) => {
      stopping = true
      if (err === undefined) log.info({ signal }, 'stopping')
      else log.fatal({ err }, 'stopping after a bug')
      for (const close of closers) await close()
      log.info('stopped')
    },
  )
  process.on('SIGINT', () => {
    const now = performance.now()
    if (stopping && now - ctrlCAt > SAME_CTRL_C_MS) process.exit(1)
    if (stopping) return
    ctrlCAt = now
    grace.close()
  })
}
