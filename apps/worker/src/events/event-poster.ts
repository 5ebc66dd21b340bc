import { createHash } from 'node:crypto'
import { UnrecoverableError, Worker, type Job } from 'bullmq'
import { Value } from '@sinclair/typebox/value'
import { EVENTS_QUEUE, SendEvent } from '@sms-codes/core/queues/events'
import type { Logger } from '@sms-codes/core/logger'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { WORKER_OPTIONS } from '@sms-codes/core/queues/queue-options'
import { telemetryOf, type Tracing } from '@sms-codes/core/process/tracing'
import { readSecret, signWebhook } from '@sms-codes/gateways/webhook/signature'
import type { Transport } from '@sms-codes/gateways/transport'

export type EventPosterOptions = {
  connection: RedisClient
  url: string
  /** `whsec_…`; two while one replaces the other. */
  secrets: readonly string[]
  transport: Pick<Transport, 'post'>
  log: Logger
  tracing?: Tracing | null
}

/** Without the dots of the job's: an id with one could be read as id and time. */
const idOf = ({ id = '' }: Job<unknown>) => createHash('sha256').update(id).digest('hex').slice(0, 32)

/**
 * The BullMQ worker of the `events` queue: tells the application by a POST signed as in Standard Webhooks.
 * The id of an event is the same over its tries; anything but a 2xx is tried again, 410 ends it.
 */
export function createEventPoster(options: EventPosterOptions) {
  const { connection, url, secrets, transport, log, tracing = null } = options
  const keys = secrets.map(readSecret)
  const post = async (job: Job<unknown>, _token: string | undefined, signal: AbortSignal | undefined) => {
    if (!Value.Check(SendEvent, job.data)) throw new UnrecoverableError('unknown job data')
    const body = JSON.stringify({
      type: 'request.status',
      ...job.data,
      at: new Date(job.timestamp).toISOString(),
    })
    const result = await transport.post(url, {
      headers: { 'content-type': 'application/json', ...signWebhook(keys, idOf(job), new Date(), body) },
      body,
      signal: signal ?? new AbortController().signal,
    })
    if (result.kind !== 'answer') throw new Error(`not told: ${result.code}`)
    if (result.status === 410) throw new UnrecoverableError('not told: HTTP_410')
    if (result.status < 200 || result.status > 299) throw new Error(`not told: HTTP_${result.status}`)
    return { told: result.status }
  }
  const worker = new Worker<unknown>(EVENTS_QUEUE, post, {
    ...WORKER_OPTIONS,
    connection,
    ...telemetryOf(tracing),
    concurrency: 10,
  })
  worker.on('error', (err) => log.debug({ err }, 'queue error'))
  worker.on('failed', (job, err) => {
    if (job?.finishedOn === undefined) return
    const rid = Value.Check(SendEvent, job.data) ? job.data.request_id : undefined
    log.warn({ event: job.id, rid, err }, 'application was not told')
  })
  return worker
}
