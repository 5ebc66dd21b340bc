import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { keys } from '../redis/keys.ts'
import { STATES, stateTimes, type State } from './record.ts'
import { phoneOf, type Channel } from './send.ts'

export type RequestStatus = {
  status: State | 'expired'
  sends: number
  reason: string
  channel: Channel
  /** When the newest send reached each state that it reached, by the clock of Redis. */
  times: { state: State; ms: number }[]
}

/** A worker that finds a send too late says so at its next attempt; the last attempt begins within this time. */
const LAST_ATTEMPT_MS = 20_000

const FIELDS = [
  'rid',
  'other_request_ids',
  'status',
  'expires_at',
  'send_by',
  'lease_until',
  'used',
  'sends',
  'reason',
  'channel',
] as const

/**
 * Reads the status of a request, looked for in the given scenes; null if no record has this id.
 *
 * @throws StoreError
 */
export async function readRequestStatus(
  redis: RedisClient,
  requestId: string,
  scenes: readonly string[],
): Promise<RequestStatus | null> {
  const [[seconds, micros], ...records] = await asStoreError(
    'find',
    Promise.all([
      redis.time(),
      ...scenes.map((scene) => redis.hmget(keys.code(phoneOf(requestId), scene), ...FIELDS, ...stateTimes)),
    ]),
  )
  const now = Number(seconds) * 1000 + Number(micros) / 1000
  for (const values of records) {
    const [rid, otherIds, status, expiresAt, sendBy, leaseUntil, used, sends, reason, channel, ...times] =
      values
    if (rid !== requestId && !(otherIds ?? '').split(' ').includes(requestId)) continue
    const state = STATES.find((known) => known === status) ?? 'failed'
    const isLost = isOverdue(state, Number(sendBy), Number(leaseUntil), now)
    // The SMS was accepted and only the follow-up mail was lost, or the code was used, so it must have arrived.
    const isSent = isLost && (reason === 'missing' || used === '1')
    const isExpired = (isLost && !isSent) || (Number(expiresAt) <= now && state !== 'failed')
    return {
      status: isExpired ? 'expired' : isSent ? 'sent' : state,
      sends: Number(sends),
      reason: reason ?? '',
      channel: channel === 'email' && !isSent ? 'email' : 'sms',
      times: STATES.flatMap((one, i) => (times[i] ? [{ state: one, ms: Number(times[i]) }] : [])),
    }
  }
  return null
}

/** Past its deadline, unclaimed and unsettled: the job was lost. */
function isOverdue(state: State, sendBy: number, leaseUntil: number, now: number): boolean {
  const isUnclaimed = state === 'queued' || (state === 'sending' && leaseUntil <= now)
  return isUnclaimed && sendBy + LAST_ATTEMPT_MS <= now
}
