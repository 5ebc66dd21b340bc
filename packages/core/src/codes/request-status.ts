import { keys } from '../redis/keys.ts'
import { redisClockMs } from '../redis/clock-skew.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { RECORD_FIELDS, STATES, type FieldName, type State } from './record.ts'
import type { Channel } from './send.ts'

export type RequestStatus = {
  status: State | 'expired'
  sends: number
  reason: string
  channel: Channel
  /** When the newest send entered each of its states, by the clock of Redis. */
  times: { state: State; ms: number }[]
}

/** Reads a field of one code record: its default, or '', if the record lacks the field. */
type Read = (field: FieldName) => string

/** A send fails at its first attempt after `send_by`. This attempt begins within this time after `send_by`. */
const LAST_ATTEMPT_MS = 20_000

/**
 * Reads the status of each code record of the phone with this pseudonym. The result contains neither the code nor the
 * number. A scene without a record is left out. @throws StoreError
 */
export async function peekCodes(redis: RedisClient, ph: string, scenes: readonly string[]) {
  const reads = scenes.map((scene) => redis.hgetall(keys.code(ph, scene)))
  const reading = asStoreError('read codes', Promise.all(reads))
  const [now, records] = await Promise.all([redisClockMs(redis), reading])
  return scenes.flatMap((scene, i) => {
    const read: Read = (field) => records[i]?.[field] ?? RECORD_FIELDS[field].byDefault ?? ''
    const rid = read('rid')
    if (rid === '') return []
    const requestIds = [rid, ...read('other_request_ids').split(' ')]
    return [{ scene, rid, requestIds, isUsed: read('used') === '1', request: statusOf(read, now) }]
  })
}

function statusOf(read: Read, now: number): RequestStatus {
  const state = STATES.find((known) => known === read('status')) ?? 'failed'
  const reason = read('reason')
  const isUnclaimed = state === 'queued' || (state === 'sending' && Number(read('lease_until')) <= now)
  const isLost = isUnclaimed && Number(read('send_by')) + LAST_ATTEMPT_MS <= now
  // A lost send has the status `sent` if its SMS was accepted before the follow-up mail, or if its code was used.
  const isSent = isLost && (reason === 'missing' || read('used') === '1')
  const isOver = (isLost && !isSent) || (Number(read('expires_at')) <= now && state !== 'failed')
  return {
    status: isOver ? 'expired' : isSent ? 'sent' : state,
    sends: Number(read('sends')),
    reason,
    channel: read('channel') === 'email' && !isSent ? 'email' : 'sms',
    times: STATES.flatMap((one) => {
      const at = read(`${one}_at`)
      return at === '' ? [] : [{ state: one, ms: Number(at) }]
    }),
  }
}
