import { createHash } from 'node:crypto'
import { UnrecoverableError, type Job } from 'bullmq'
import { Value } from '@sinclair/typebox/value'
import type { createEventCount } from '@sms-codes/core/queues/event-metrics'
import { EVENTS_QUEUE, SendEvent } from '@sms-codes/core/queues/events'
import type { Transport } from '@sms-codes/gateways/transport'
import { signWebhook } from '@sms-codes/gateways/webhook/signature'
import { openWorker, unknownData, type WorkerParts } from '../open-worker.ts'

type EventPosterOptions = WorkerParts & {
  url: string
  /** The keys of the signature. There are two keys while a new secret replaces an old one. */
  keys: readonly Buffer[]
  transport: Pick<Transport, 'post'>
  countEvent: ReturnType<typeof createEventCount>
}

/** The webhook id is a hash of the job's id, because a webhook id may contain no dot. */
const webhookIdOf = ({ id = '' }: Job<unknown>) => createHash('sha256').update(id).digest('hex').slice(0, 32)

/**
 * The BullMQ worker of the `events` queue. It sends each event to the application by a POST that is signed as in
 * Standard Webhooks. All tries of an event have the same id. An answer with 2xx or 410 ends the tries. After any
 * other answer, or without an answer, the queue tries again.
 */
export function createEventPoster(options: EventPosterOptions) {
  const { url, keys, transport, countEvent, log } = options
  const post = async (job: Job<unknown>, _token: string | undefined, signal: AbortSignal) => {
    if (!Value.Check(SendEvent, job.data)) throw unknownData(EVENTS_QUEUE, options)
    const at = new Date(job.timestamp).toISOString()
    const body = JSON.stringify({ type: 'request.status', ...job.data, at })
    const signature = signWebhook(keys, webhookIdOf(job), new Date(), body)
    const headers = { 'content-type': 'application/json', ...signature }
    const result = await transport.post(url, { headers, body, signal })
    if (result.kind !== 'answer') throw new Error(`event not delivered: ${result.code}`)
    const { status } = result
    if (status === 410) throw new UnrecoverableError('event not delivered: HTTP_410')
    if (status < 200 || status > 299) throw new Error(`event not delivered: HTTP_${status}`)
    countEvent('delivered')
    return { status }
  }
  const worker = openWorker(EVENTS_QUEUE, post, options, { concurrency: 10 })
  worker.on('failed', (job, err) => {
    if (job?.finishedOn === undefined || !Value.Check(SendEvent, job.data)) return
    countEvent('lost')
    log.warn({ event: job.id, rid: job.data.request_id, err }, 'event not delivered to the application')
  })
  return worker
}
