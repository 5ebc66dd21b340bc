import closeWithGrace from 'close-with-grace'
import type { Logger } from '../logger.ts'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
/** Under `npm run` a signal to the group comes twice, once by way of npm; a person's second takes longer. */
const SAME_SIGNAL_MS = 500

/**
 * SIGTERM and SIGINT run the closers in the order given and end the process; a second signal or the
 * deadline ends it at once. A bug that nobody caught ends it the same way, with exit code 1.
 */
export function onShutdown(closers: (() => Promise<unknown>)[], log: Logger, deadlineMs: number): void {
  let stopping = false
  let first: { signal: string; at: number } | undefined
  const grace = closeWithGrace(
    {
      delay: deadlineMs,
      logger: false,
      skip: [...SIGNALS],
      onTimeout: () => log.error({ deadlineMs }, 'not stopped in time; is Redis away?'),
      onSecondError: (err) => log.fatal({ err }, 'a bug while stopping'),
    },
    async ({ signal = first?.signal, err }) => {
      stopping = true
      if (err === undefined) log.info({ signal }, 'stopping')
      else log.fatal({ err }, 'stopping after a bug')
      try {
        for (const close of closers) await close()
      } catch (cause) {
        log.fatal({ err: cause }, 'could not stop in order')
        throw cause
      }
      log.info('stopped')
    },
  )
  const onSignal = (signal: string): void => {
    const at = performance.now()
    const isSame = first?.signal === signal && at - first.at < SAME_SIGNAL_MS
    if (stopping && !isSame) process.exit(1)
    if (stopping) return
    first = { signal, at }
    grace.close()
  }
  for (const signal of SIGNALS) process.on(signal, () => onSignal(signal))
}
