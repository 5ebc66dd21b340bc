// Follows the message of the last send: it asks the API each second, then less often, for at most two minutes.
import type { RequestStatus } from '@sms-codes/client'
import type { Context } from './context.ts'
import type { State } from './state.ts'

const GIVE_UP_MS = 120_000
const MAX_PAUSE_MS = 5_000

const PROGRESS_OF = new Map<string, State['progress']>(
  Object.entries({
    queued: 'onItsWay',
    sending: 'onItsWay',
    sent: 'sent',
    delivered: 'sent',
    fell_back: 'sentByEmail',
    failed: 'failed',
    expired: 'codeExpired',
  } satisfies Record<RequestStatus['status'], State['progress']>),
)

const ENDED = new Set<string>(['delivered', 'fell_back', 'failed', 'expired'])

export function createProgress({ client, state, draw }: Context) {
  let timers: ReturnType<typeof setTimeout>[] = []
  /** The number of the present run. An answer to an earlier run is old. */
  let run = 0

  function stop(): void {
    run++
    timers.forEach(clearTimeout)
    timers = []
  }

  function reach(status: RequestStatus['status']): void {
    // A later API may know further words.
    state.progress = PROGRESS_OF.get(status) ?? state.progress
    draw()
  }

  async function ask(own: number, startedAt: number, pauseMs: number): Promise<void> {
    // A page in the background asks nothing.
    const answer = document.hidden ? null : await client.status()
    if (own !== run) return
    if (answer?.ok === true) {
      reach(answer.status)
      if (ENDED.has(answer.status)) return
    }
    if (performance.now() - startedAt > GIVE_UP_MS) return
    const next = Math.min(MAX_PAUSE_MS, pauseMs * 1.2)
    timers.push(setTimeout(() => void ask(own, startedAt, next), pauseMs))
  }

  return {
    /** Follows the last send of the client from `ms` on, if its code is still valid. */
    follow(ms: number): void {
      stop()
      const last = client.last()
      const msLeft = (last?.expiresAt ?? 0) - Date.now()
      if (last === null || msLeft <= 0) return
      state.progress ||= 'onItsWay'
      timers.push(setTimeout(() => reach('expired'), msLeft))
      const own = run
      timers.push(setTimeout(() => void ask(own, performance.now(), 1_000), ms))
    },
    stop,
  }
}
