import { Type, type Static } from '@sinclair/typebox'
import type { JobsOptions } from 'bullmq'
import type { Logger } from '../logger.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { REQUEST_ID_PATTERN } from '../codes/send.ts'
import type { Tracing } from '../process/tracing.ts'
import { openProducerQueue } from './queue-options.ts'

export const SMS_QUEUE = 'sms'
export const EMAIL_QUEUE = 'email'
/** The name of a job that looks whether a receipt came, beside the `send` jobs of its queue. */
export const CHECK = 'check'

/** What every version of a job says: which send it is about. */
const named = {
  rid: Type.String({ pattern: REQUEST_ID_PATTERN }),
  scene: Type.String({ maxLength: 32 }),
  /** The number of the send within the request, from 1. */
  n: Type.Integer({ minimum: 1 }),
  /** The masked number, for the board and the logs. */
  to: Type.String({ pattern: '^1[3-9][0-9]\\*{4}[0-9]{4}$' }),
  /** The carrier segment: the first three digits, for routing. */
  segment: Type.String({ pattern: '^1[3-9][0-9]$' }),
}

/**
 * What a job says: which send to deliver. The code and the number stay in the record (code-store.ts). A field
 * that a worker may overlook can be added at any time; what it must not overlook makes another version.
 */
export const SendJob = Type.Object({ v: Type.Literal(1), ...named })
export type SendJob = Static<typeof SendJob>

/** A job from a newer version of ours, for a worker of that version. */
export const LaterJob = Type.Object({ v: Type.Integer({ minimum: 2 }), ...named })
export type LaterJob = Static<typeof LaterJob>

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
  sizeLimit: 2_048,
}

/**
 * The producer's side of a queue. For `sms`, `add` is the moment a request counts as accepted.
 * @param connection of the kind `producer`: a caller must hear at once that Redis is away
 */
export function createSendQueue(
  connection: RedisClient,
  log: Logger,
  name = SMS_QUEUE,
  tracing: Tracing | null = null,
) {
  const queue = openProducerQueue<SendJob>(name, connection, log, tracing, options)
  return {
    /** Added twice it is there once. @throws StoreError; `maybeDone` tells whether it may be there all the same */
    async add(job: SendJob): Promise<void> {
      await asStoreError('enqueue', queue.add('send', job, { jobId: `${job.rid}.${job.n}` }))
    },

    /** A look in some time at whether the send was delivered. @throws StoreError */
    async addCheck(job: SendJob, delayMs: number): Promise<void> {
      const jobId = `${job.rid}.${job.n}.check`
      await asStoreError('enqueue', queue.add(CHECK, job, { jobId, delay: delayMs }))
    },
    close: () => queue.close(),
  }
}
export type SendQueue = ReturnType<typeof createSendQueue>
