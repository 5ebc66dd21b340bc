import { Type, type Static } from '@sinclair/typebox'
import { Queue, type JobsOptions } from 'bullmq'
import type { Logger } from './logger.ts'
import { asStoreError, type RedisClient } from './redis.ts'
import { REQUEST_ID_PATTERN } from './send.ts'

export const SMS_QUEUE = 'sms'
export const EMAIL_QUEUE = 'email'
/** A hash tag, so that all keys of a queue share a slot of a Redis Cluster. */
export const QUEUE_PREFIX = '{sms}'

/** What a job says: which send to deliver. The code and the number stay in the record (code-store.ts). */
export const SendJob = Type.Object({
  /** Version of this shape. */
  v: Type.Literal(1),
  rid: Type.String({ pattern: REQUEST_ID_PATTERN }),
  scene: Type.String({ maxLength: 32 }),
  /** The number of the send within the request, from 1. */
  n: Type.Integer({ minimum: 1 }),
  /** Masked, for whoever looks at the board. */
  to: Type.String({ pattern: '^1[3-9][0-9]\\*{4}[0-9]{4}$' }),
})
export type SendJob = Static<typeof SendJob>

const FIRST_RETRY_MS = 400
const LONGEST_RETRY_MS = 15_000

/** 0.4 s, 1.2 s, 3.6 s … up to 15 s, each ± 30 % so that jobs which failed together do not return together. */
export function retryDelayMs(attemptsMade: number): number {
  const delay = Math.min(FIRST_RETRY_MS * 3 ** (attemptsMade - 1), LONGEST_RETRY_MS)
  return Math.round(delay * (0.7 + 0.6 * Math.random()))
}

const options: JobsOptions = {
  // Enough tries to last through any send window; the claim says "late" when it is over.
  attempts: 40,
  backoff: { type: 'custom' },
  removeOnComplete: { count: 200 },
  removeOnFail: { age: 3_600, count: 1_000 },
  stackTraceLimit: 0,
  sizeLimit: 2_048,
}

/**
 * The producer's side of the `sms` queue. `add` is the moment a request counts as accepted.
 * @param connection of the kind `producer`: a caller must hear at once that Redis is away
 */
export function createSendQueue(connection: RedisClient, log: Logger) {
  const queue = new Queue<SendJob>(SMS_QUEUE, {
    connection,
    prefix: QUEUE_PREFIX,
    // Without it the first add() waits for ever when Redis was never up.
    skipWaitingForReady: true,
    // Asked while Redis is away it fails, and every later add() would fail with it. We look ourselves (redis.ts).
    skipVersionCheck: true,
    defaultJobOptions: options,
    streams: { events: { maxLen: 1_000 } },
  })
  queue.on('error', (err) => log.debug({ err }, 'queue error'))
  return {
    /** @throws StoreError; `maybeDone` tells whether the job may be in the queue all the same */
    async add(job: SendJob): Promise<void> {
      await asStoreError('enqueue', queue.add('send', job, { jobId: `${job.rid}.${job.n}` }))
    },
    close: () => queue.close(),
  }
}
export type SendQueue = ReturnType<typeof createSendQueue>
