import { keys } from '../redis/keys.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { phoneOf, type Channel } from './send.ts'

/** The states a request goes through, in their order; the last three end it, after "sent" it may stay. */
export const STATES = ['queued', 'sending', 'sent', 'delivered', 'fell_back', 'failed'] as const
export type State = (typeof STATES)[number]

export type Standing = {
  status: State | 'expired'
  sends: number
  reason: string
  channel: Channel
  /** When it came to each state that it came to, by the clock of Redis. */
  times: { state: State; ms: number }[]
}

const FOUND = [
  'rid',
  'alias',
  'status',
  'exp',
  'send_by',
  'lease',
  'used',
  'sends',
  'reason',
  'channel',
] as const
/** A worker that finds a send too late says so at its next try, the last of which begins in this time. */
const LAST_TRY_MS = 20_000

const TIMED = STATES.map((state) => `${state}_at` as const)

/**
 * What became of a request, looked for in the given scenes; null when nothing is held about it.
 * @throws StoreError
 */
export async function findStanding(
  redis: RedisClient,
  rid: string,
  scenes: readonly string[],
): Promise<Standing | null> {
  const [[seconds, micros], ...records] = await asStoreError(
    'find',
    Promise.all([
      redis.time(),
      ...scenes.map((scene) => redis.hmget(keys.code(phoneOf(rid), scene), ...FOUND, ...TIMED)),
    ]),
  )
  const now = Number(seconds) * 1000 + Number(micros) / 1000
  for (const [own, alias, status, exp, sendBy, lease, used, sends, reason, channel, ...times] of records) {
    if (own !== rid && !(alias ?? '').split(' ').includes(rid)) continue
    const state = STATES.find((known) => known === status) ?? 'failed'
    const isLost = state !== 'failed' && isOverdue(state, Number(sendBy), Number(lease), now)
    // A gateway took it, and only its mail was lost; or who typed the code has it.
    const isSent = isLost && (reason === 'missing' || used === '1')
    const isOver = (isLost && !isSent) || (Number(exp) <= now && state !== 'failed')
    return {
      status: isOver ? 'expired' : isSent ? 'sent' : state,
      sends: Number(sends),
      reason: reason ?? '',
      channel: channel === 'email' && !isSent ? 'email' : 'sms',
      times: STATES.flatMap((one, i) => (times[i] ? [{ state: one, ms: Number(times[i]) }] : [])),
    }
  }
  return null
}

/** No worker may send it any more, none has it in hand and none has ended it: its job was lost. */
function isOverdue(state: State, sendBy: number, lease: number, now: number): boolean {
  return (state === 'queued' || (state === 'sending' && lease <= now)) && sendBy + LAST_TRY_MS <= now
}
