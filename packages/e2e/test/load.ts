import { setTimeout as sleep } from 'node:timers/promises'
import { aMobile, type System, times } from './system.ts'

/** `askedAt` and `at` are when the client asked, and when it got the answer. */
export type Accepted = { mobile: string; rid: string; askedAt: number; at: number }
export type Load = ReturnType<typeof startLoad>

/** Starts clients that request codes without a pause, each time for another phone. */
export function startLoad(system: System, browsers = 10) {
  const accepted: Accepted[] = []
  const refused = new Map<string, number>()
  const stopped = new AbortController()
  const browser = async (i: number): Promise<void> => {
    while (!stopped.signal.aborted) {
      const [mobile, askedAt] = [aMobile(), Date.now()]
      const answer = await system.send(mobile, system.apis[i % system.apis.length]?.url).catch(() => null)
      if (answer?.body['code'] === '0')
        accepted.push({ mobile, rid: String(answer.body['request_id']), askedAt, at: Date.now() })
      else {
        const what = answer === null ? 'no answer' : `${answer.status} ${String(answer.body['code'])}`
        refused.set(what, (refused.get(what) ?? 0) + 1)
        await sleep(20)
      }
    }
  }
  const browsing = times(browsers, browser)
  return {
    accepted,
    refused,
    /** The longest time between two accepted requests. */
    longestPauseMs: () =>
      accepted.reduce((longest, { at }, i) => Math.max(longest, at - (accepted[i - 1]?.at ?? at)), 0),
    async stop(): Promise<void> {
      stopped.abort()
      await browsing
    },
  }
}

/** How a request ended. `open`: it has not ended. `vanished`: Redis has lost its record. */
type End = 'sent' | 'failed' | 'expired' | 'open' | 'vanished'
export type Ends = Record<End | 'twice', Accepted[]>

/** A send that no worker took expires 20 s after codes.send_within, which is 30 in topologies.test.ts. */
const TERMINAL_WITHIN_MS = 60_000

/** Waits until every accepted request has ended or its time is over, and sorts them by their end. */
export async function endsOf(system: System, accepted: readonly Accepted[]): Promise<Ends> {
  const ends: Ends = { sent: [], failed: [], expired: [], open: [], vanished: [], twice: [] }
  const giveUpAt = Date.now() + TERMINAL_WITHIN_MS
  for (const one of accepted) {
    let status = await statusOf(system, one)
    while (status === 'open' && Date.now() < giveUpAt) {
      await sleep(200)
      status = await statusOf(system, one)
    }
    ends[status].push(one)
  }
  const messages = new Map<string, number>()
  for (const { to } of await system.outbox()) messages.set(to, (messages.get(to) ?? 0) + 1)
  ends.twice = accepted.filter(({ mobile }) => (messages.get(mobile) ?? 0) > 1)
  return ends
}

async function statusOf(system: System, { rid }: Accepted): Promise<End> {
  const { status, body } = await system.call(`/v1/sms_codes/${rid}`)
  if (status === 404) return 'vanished'
  const ends = ['sent', 'failed', 'expired'] as const
  return ends.find((end) => end === body['status']) ?? 'open'
}
