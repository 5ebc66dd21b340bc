import { Type, type Static } from '@sinclair/typebox'
import type { Logger } from '../logger.ts'
import { openProducerQueue } from './queue-options.ts'
import type { RedisClient } from '../redis/connect.ts'
import { REQUEST_ID_PATTERN, type Send } from '../codes/send.ts'
import type { Tracing } from '../process/tracing.ts'

export const EVENTS_QUEUE = 'events'

/** A change of status that the application is told. An event contains no phone number. */
export const SendEvent = Type.Object({
  request_id: Type.String({ pattern: REQUEST_ID_PATTERN }),
  scene: Type.String({ maxLength: 32 }),
  /** Number of the send within the request, from 1. */
  send: Type.Integer({ minimum: 1 }),
  status: Type.Union(['sent', 'delivered', 'fell_back', 'failed'].map((status) => Type.Literal(status))),
})
export type SendEvent = Static<typeof SendEvent>

/**
 * The producer's side of the `events` queue. An event that cannot be added is logged and lost. The application can
 * still read the status of the request.
 * @param connection of the kind `producer`
 * @param onLost called for each event that cannot be added
 */
export function createEventQueue(
  connection: RedisClient,
  log: Logger,
  tracing: Tracing | null = null,
  onLost: () => void = () => {},
) {
  const queue = openProducerQueue<SendEvent>(EVENTS_QUEUE, connection, log, tracing, {
    // The delays between attempts are 1 s, 2 s, 4 s …, about a quarter of an hour in total.
    attempts: 11,
    backoff: { type: 'exponential', delay: 1_000, jitter: 0.3 },
  })
  function tell({ rid, scene, n }: Send, status: string): void {
    const event = { request_id: rid, scene, send: n, status }
    queue.add('event', event, { jobId: `${rid}.${n}.${status}` }).catch((err: unknown) => {
      onLost()
      log.warn({ err, rid, status }, 'event not queued')
    })
  }
  return { tell, close: () => queue.close() }
}
