import type { Channel, Send } from '../codes/send.ts'
import type { Logger } from '../logger.ts'
import { redisClockMs } from '../redis/clock-skew.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { keys } from '../redis/keys.ts'

/** The reasons for which a send fails. The worker's metrics have a series for each reason from the start. */
export const FAIL_REASONS = [
  'late',
  'unreadable',
  'job_failed',
  'undelivered',
  'ambiguous',
  'no_gateway',
  'number',
  'number_limit',
] as const
export type FailReason = (typeof FAIL_REASONS)[number]

/** A send that failed. `gateway` and `code` are those of the last answer or delivery receipt, or ''. */
export type Failure = {
  at: number
  rid: string
  n: number
  scene: string
  channel: Channel
  reason: string
  gateway: string
  code: string
}

const MOST_FAILURES = 10_000
const PAGE = 1_000
const HOUR_MS = 3_600_000

/**
 * Returns a function that adds a failed send to the list of all phones. A failure that cannot be written is logged and
 * lost, because the send has ended already.
 * @param keepSeconds how long a failure is kept, 0 for no list
 */
export function createFailureList(redis: RedisClient, keepSeconds: number, log: Logger) {
  return (
    { rid, n, scene }: Send,
    { channel, reason, gateway, code }: Omit<Failure, 'at' | keyof Send>,
  ): void => {
    if (keepSeconds <= 0) return
    const row = [rid, n, scene, channel, reason, gateway, code].join(' ')
    const writing = redis
      .multi()
      .xadd(keys.failures, 'MAXLEN', '~', MOST_FAILURES, '*', 'send', row)
      .xtrim(keys.failures, 'MINID', Date.now() - keepSeconds * 1000)
      .expire(keys.failures, keepSeconds)
      .exec()
    asStoreError('failures', writing).catch((err: unknown) => log.warn({ err, rid }, 'failure not listed'))
  }
}
export type FailureList = ReturnType<typeof createFailureList>

type Asked = {
  sinceMs: number
  /** The `history_hours` of the policy. An older failure may still be stored, and is not read. */
  hours: number
  most: number
  reason?: string | undefined
  gateway?: string | undefined
}

/** Reads the newest failures after `sinceMs`, the newest first, with this reason and gateway if given. @throws StoreError */
export async function readFailures(redis: RedisClient, asked: Asked): Promise<Failure[]> {
  const { sinceMs, hours, most, reason, gateway } = asked
  const oldestMs = (await redisClockMs(redis)) - hours * HOUR_MS
  const found: Failure[] = []
  for await (const [id, row] of rows(redis, Math.floor(Math.max(sinceMs, oldestMs)))) {
    const failure = parseRow(id, row)
    if (failure === null) continue
    if (reason !== undefined && failure.reason !== reason) continue
    if (gateway !== undefined && failure.gateway !== gateway) continue
    found.push(failure)
    if (found.length >= most) break
  }
  return found
}

/** Removes the failures of the phone with this pseudonym. Answers whether there were any. @throws StoreError */
export async function eraseFailures(redis: RedisClient, ph: string): Promise<boolean> {
  const ids: string[] = []
  for await (const [id, row] of rows(redis, 0)) if (row.startsWith(`${ph}.`)) ids.push(id)
  if (ids.length > 0) await asStoreError('failures', redis.xdel(keys.failures, ...ids))
  return ids.length > 0
}

/** The entries of the list since this time, the newest first. */
async function* rows(redis: RedisClient, sinceMs: number): AsyncGenerator<[id: string, row: string]> {
  let end = '+'
  for (;;) {
    const reading = redis.xrevrange(keys.failures, end, sinceMs, 'COUNT', PAGE)
    const page = await asStoreError('failures', reading)
    for (const [id, fields] of page) yield [id, fields[1] ?? '']
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    end = `(${last[0]}`
  }
}

function parseRow(id: string, row: string): Failure | null {
  const [rid = '', n, scene = '', channel, reason = '', gateway = '', code] = row.split(' ')
  if (code === undefined) return null
  return {
    at: Number(id.split('-')[0]),
    rid,
    n: Number(n),
    scene,
    channel: channel === 'email' ? 'email' : 'sms',
    reason,
    gateway,
    code,
  }
}
