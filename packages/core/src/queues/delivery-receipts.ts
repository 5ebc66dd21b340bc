import { Value } from '@sinclair/typebox/value'
import { redisClockMs } from '../redis/clock-skew.ts'
import { keys } from '../redis/keys.ts'
import type { Keyring } from '../keyring.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { LaterJob, SendJob, type SendQueue } from './send-queue.ts'
import { createScript } from '../redis/script.ts'
import { mayMoveToEmail, type FallbackDeps } from '../codes/contacts.ts'
import type { Traffic } from '../history/traffic.ts'
import type { DeliveryState, Reported, SendLedger } from '../codes/send-ledger.ts'

/** The final states of a vendor's delivery receipt. Receipts with earlier states are ignored. */
export type ReceiptState = Exclude<DeliveryState, 'missing'>

// This long after its issue the code record has expired, so a delivery receipt can change nothing.
const KEEP_MS = 1_800_000

/**
 * Matches delivery receipts with the messages that gateways accepted. A delivery receipt can arrive before the answer
 * to the call, so the first of the two is stored. Redis keys contain a pseudonym of the vendor's message id.
 *
 * A send whose scene waits for the delivery receipt is an entry of one sorted set, by the end of its wait. The entry is
 * removed when the delivery receipt was applied, or when the wait is over and `missing` was reported. If a process dies
 * before that, the entry stays, and a second report changes nothing.
 * Every method throws StoreError when Redis does not answer.
 */
export function createDeliveryReceipts(redis: RedisClient, keyring: Keyring) {
  const arriveScript = createScript(redis, new URL('./lua/receipt-arrived.lua', import.meta.url))
  const nameOf = (gateway: string, id: string) => keys.message(keyring.pseudonym(`message|${gateway}|${id}`))
  return {
    /** Stores the job under the gateway's message id. Answers a delivery receipt that arrived before, or null. */
    async expect(gateway: string, id: string, job: SendJob): Promise<ReceiptState | null> {
      const name = nameOf(gateway, id)
      // The job is stored before the look at `parked`, and the script looks at the job before it parks a receipt.
      const storing = redis.hset(name, 'send', JSON.stringify(job))
      const expiring = redis.pexpire(name, KEEP_MS)
      const all = Promise.all([redis.hget(name, 'parked'), storing, expiring])
      const [state] = await asStoreError('expect receipt', all)
      return state === 'delivered' || state === 'undelivered' ? state : null
    },

    /** Answers the job that a delivery receipt is about, or null if no job is stored. */
    async find(gateway: string, id: string): Promise<SendJob | null> {
      const job = await asStoreError('find receipt', redis.hget(nameOf(gateway, id), 'send'))
      return job === null ? null : readJob(job)
    },

    /** Answers the job that a delivery receipt is about. If no job is stored, keeps the receipt and answers null. */
    async arrive(gateway: string, id: string, state: ReceiptState): Promise<SendJob | null> {
      const reply = await arriveScript([nameOf(gateway, id)], [state, KEEP_MS, 0])
      return reply.kind === 'known' ? readJob(reply.text('job')) : null
    },

    /** Stores a delivery receipt until a worker records the result of the send and applies the receipt. */
    async park(gateway: string, id: string, state: ReceiptState): Promise<void> {
      await arriveScript([nameOf(gateway, id)], [state, KEEP_MS, 1])
    },

    /** Waits for the delivery receipt of a send until `until`, by the clock of Redis. */
    async beginWait(job: SendJob, until: number): Promise<void> {
      const key = keys.awaitedReceipts
      // Without a worker for e-mails the waits do not end, so the set expires after the newest.
      const all = Promise.all([redis.zadd(key, until, entryOf(job)), redis.pexpire(key, KEEP_MS)])
      await asStoreError('begin wait', all)
    },

    async endWait(entry: string): Promise<void> {
      await asStoreError('end wait', redis.zrem(keys.awaitedReceipts, entry))
    },

    /** The time by the clock of Redis. A host whose clock is wrong would take every wait for overdue. */
    now: async (): Promise<number> => Math.floor(await redisClockMs(redis)),

    /** Answers the entries of at most `most` waits that are over at `now`, without the first `skipped`. */
    overdue: (now: number, most: number, skipped = 0): Promise<string[]> =>
      asStoreError('overdue', redis.zrangebyscore(keys.awaitedReceipts, 0, now, 'LIMIT', skipped, most)),
  }
}

/** The entry of a send in the set of waits. All processes that hold the same job make the same text. */
export const entryOf = (job: SendJob): string => JSON.stringify(job)

/**
 * Reads a stored job, which may be of a newer version. A delivery receipt needs only the fields that every version
 * has. Null for a job of an older format.
 */
export function readJob(text: string): SendJob | null {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    return null
  }
  if (Value.Check(SendJob, data)) return data
  if (!Value.Check(LaterJob, data)) return null
  const { rid, scene, n, to, segment, country, locale } = data
  return { v: 1, rid, scene, n, to, segment, ...(country && { country }), ...(locale && { locale }) }
}
export type DeliveryReceipts = ReturnType<typeof createDeliveryReceipts>

export type ReportDeps = FallbackDeps & {
  ledger: Pick<SendLedger, 'report'>
  /** The producer's side of the `email` queue. */
  mails: Pick<SendQueue, 'add'>
  traffic: Pick<Traffic, 'count'>
}

/**
 * Calls `report` of the ledger, counts the change, and adds a mail job if the send moved to e-mail.
 * @param gateway '' for the state `missing` @throws StoreError
 */
export async function applyDeliveryReport(
  job: SendJob,
  state: DeliveryState,
  gateway: string,
  { ledger, mails, traffic, ...fallback }: ReportDeps,
  vendorCode = '',
): Promise<Reported> {
  const mayMove = state !== 'delivered' && (await mayMoveToEmail(job, fallback))
  const reported = await ledger.report(job, state, mayMove, vendorCode)
  if (reported.kind === 'delivered') traffic.count('delivered', job.scene, gateway)
  if (reported.kind === 'failed') traffic.count('failed', job.scene, 'undelivered')
  if (reported.kind === 'moved') await mails.add(job, reported.moves)
  return reported
}
