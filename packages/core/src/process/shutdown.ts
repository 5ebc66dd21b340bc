import closeWithGrace from 'close-with-grace'
import type { Logger } from '../logger.ts'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
/** Under `npm run` one Ctrl-C sends two signals, from the terminal and from npm, within this time. */
const SAME_SIGNAL_MS = 500

/**
 * On SIGTERM and SIGINT, runs the closers in order and ends the process. A second signal or the deadline ends the
 * process at once. After an uncaught error, the closers run in the same way and the exit code is 1.
 */
export function onShutdown(closers: (() => Promise<unknown>)[], log: Logger, deadlineMs: number): void {
  let stopping = false
  let first: { signal: string; at: number } | undefined
  const grace = closeWithGrace(
    {
      delay: deadlineMs,
      logger: false,
      skip: [...SIGNALS],
      onTimeout: () => log.error({ deadlineMs }, 'shutdown deadline exceeded; Redis may be down'),
      onSecondError: (err) => log.fatal({ err }, 'uncaught error during shutdown'),
    },
    async ({ signal = first?.signal, err }) => {
      stopping = true
      if (err === undefined) log.info({ signal }, 'stopping')
      else log.fatal({ err }, 'stopping after an uncaught error')
      try {
        for (const close of closers) await close()
      } catch (cause) {
        log.fatal({ err: cause }, 'shutdown failed')
        throw cause
      }
      log.info('stopped')
    },
  )
  const onSignal = (signal: string): void => {
    const at = performance.now()
    if (!stopping) {
      first = { signal, at }
      grace.close()
    } else if (first?.signal !== signal || at - first.at >= SAME_SIGNAL_MS) process.exit(1)
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
}
