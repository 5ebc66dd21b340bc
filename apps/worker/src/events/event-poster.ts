import { createHash } from 'node:crypto'
import { UnrecoverableError, Worker, type Job } from 'bullmq'
import { Value } from '@sinclair/typebox/value'
import type { Logger } from '@sms-codes/core/logger'
import { telemetryOf, type Tracing } from '@sms-codes/core/process/tracing'
import { EVENTS_QUEUE, SendEvent } from '@sms-codes/core/queues/events'
import { workerOptions } from '@sms-codes/core/queues/queue-options'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import type { Transport } from '@sms-codes/gateways/transport'
import { signWebhook } from '@sms-codes/gateways/webhook/signature'
import { replaceUnreadableJobs } from '../replace-unreadable-jobs.ts'
import type { WorkerMetrics } from '../worker-metrics.ts'

type EventPosterOptions = {
  connection: RedisClient
  url: string
  /** The keys of the signature. There are two keys while a new secret replaces an old one. */
  keys: readonly Buffer[]
  transport: Pick<Transport, 'post'>
  metrics: Pick<WorkerMetrics, 'unreadable'>
  log: Logger
  tracing?: Tracing | null
}

/** The webhook id is a hash of the job's id, because a webhook id may contain no dot. */
const webhookIdOf = ({ id = '' }: Job<unknown>) => createHash('sha256').update(id).digest('hex').slice(0, 32)

/**
 * The BullMQ worker of the `events` queue. It sends each event to the application by a POST that is signed as in
 * Standard Webhooks. All tries of an event have the same id. An answer with 2xx or 410 ends the tries. After any
 * other answer, or without an answer, the queue tries again.
 */
export function createEventPoster(options: EventPosterOptions) {
  const { connection, url, keys, transport, metrics, log, tracing = null } = options
  const post = async (job: Job<unknown>, _token: string | undefined, signal: AbortSignal | undefined) => {
    if (!Value.Check(SendEvent, job.data)) {
      log.warn({ queue: EVENTS_QUEUE }, 'unknown job payload')
      metrics.unreadable(EVENTS_QUEUE)
      throw new UnrecoverableError('unknown job data')
    }
    const at = new Date(job.timestamp).toISOString()
    const body = JSON.stringify({ type: 'request.status', ...job.data, at })
    const signature = signWebhook(keys, webhookIdOf(job), new Date(), body)
    const headers = { 'content-type': 'application/json', ...signature }
    const abort = signal ?? new AbortController().signal
    const result = await transport.post(url, { headers, body, signal: abort })
    if (result.kind !== 'answer') throw new Error(`event not delivered: ${result.code}`)
    const { status } = result
    if (status === 410) throw new UnrecoverableError('event not delivered: HTTP_410')
    if (status < 200 || status > 299) throw new Error(`event not delivered: HTTP_${status}`)
    return { status }
  }
  const worker = new Worker<unknown>(EVENTS_QUEUE, post, {
    ...workerOptions(EVENTS_QUEUE),
    connection,
    ...telemetryOf(tracing),
    concurrency: 10,
  })
  worker.on('error', (err) => log.debug({ err, queue: EVENTS_QUEUE }, 'queue error'))
  replaceUnreadableJobs(worker, connection)
  worker.on('failed', (job, err) => {
    if (job?.finishedOn === undefined || !Value.Check(SendEvent, job.data)) return
    log.warn({ event: job.id, rid: job.data.request_id, err }, 'event not delivered to the application')
  })
  return worker
}
