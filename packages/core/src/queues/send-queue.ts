import { Type, type Static } from '@sinclair/typebox'
import type { Logger } from '../logger.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { REQUEST_ID_PATTERN, type Send } from '../codes/send.ts'
import { COUNTRY, LOCALE } from '../config/gateway-policy.ts'
import { maskMobile, segmentOf } from '../mobile.ts'
import type { Tracing } from '../process/tracing.ts'
import { openProducerQueue } from './queue-options.ts'

export const SMS_QUEUE = 'sms'
export const EMAIL_QUEUE = 'email'

/** The fields that every version of a job has. These fields name the send. */
const named = {
  rid: Type.String({ pattern: REQUEST_ID_PATTERN }),
  scene: Type.String({ maxLength: 32 }),
  /** The number of the send within the request, from 1. */
  n: Type.Integer({ minimum: 1 }),
  /** The masked number, for the board and the logs. */
  to: Type.String({ pattern: '^(1[3-9][0-9]|\\+[1-9][0-9]{0,2})\\*{4}[0-9]{4}$' }),
  /** The carrier segment, for routing: `138`, or `+852912` of a number of another country. */
  segment: Type.String({ pattern: '^(1[3-9][0-9]|\\+[1-9][0-9]{3,5})$' }),
  /** Absent in a job of a version that served the mainland only. */
  country: Type.Optional(Type.String({ pattern: COUNTRY })),
  /** The language of the message. If absent, that of the country. */
  locale: Type.Optional(Type.String({ pattern: LOCALE })),
}

/**
 * A job names a send. The code and the number stay in the code record. A field that an older worker may ignore can be
 * added at any time. A field that an older worker must not ignore needs a new version `v`.
 */
export const SendJob = Type.Object({ v: Type.Literal(1), ...named })
export type SendJob = Static<typeof SendJob>

/** The job of a send to this number. */
export const jobOf = (
  { rid, scene, n }: Send,
  mobile: string,
  { country, locale }: { country?: string; locale?: string | undefined } = {},
): SendJob => ({
  v: 1,
  rid,
  scene,
  n,
  to: maskMobile(mobile),
  segment: segmentOf(mobile),
  ...(country && { country }),
  ...(locale && { locale }),
})

/** A job of a newer version, for a worker of that version. */
export const LaterJob = Type.Object({ v: Type.Integer({ minimum: 2 }), ...named })
export type LaterJob = Static<typeof LaterJob>

/** The delays are 0.4 s, 1.2 s … 15 s, each ± 30 %, so that jobs that failed together do not return together. */
export function retryDelayMs(attemptsMade: number): number {
  const delay = Math.min(400 * 3 ** (attemptsMade - 1), 15_000)
  return Math.round(delay * (0.7 + 0.6 * Math.random()))
}

/**
 * The attempts are enough for the longest time to send (570 s). After that time, the next attempt ends the send.
 * Under a backlog the newest sends go first, because the users of the oldest have stopped waiting.
 */
const options = { attempts: 60, backoff: { type: 'custom' }, sizeLimit: 2_048, lifo: true }

/**
 * The producer's side of the queue `sms` or `email`. A request is accepted when `add` to `sms` is acknowledged.
 * @param connection of the kind `producer`, so that a caller learns at once that Redis is down
 */
export function createSendQueue(
  connection: RedisClient,
  log: Logger,
  name = SMS_QUEUE,
  tracing: Tracing | null = null,
) {
  const queue = openProducerQueue<SendJob>(name, connection, log, tracing, options)
  return {
    /**
     * Adds the job of a send, at most once for each change of channel, because BullMQ ignores an id that it still has.
     * @param moves how often the send changed its channel
     * @throws StoreError: after a timeout the job may have been added
     */
    async add(job: SendJob, moves = 0, delay = 0): Promise<void> {
      const jobId = `${job.rid}.${job.n}${moves === 0 ? '' : `.m${moves}`}`
      await asStoreError('enqueue', queue.add('send', job, { jobId, delay }))
    },
    close: () => queue.close(),
  }
}
export type SendQueue = ReturnType<typeof createSendQueue>
