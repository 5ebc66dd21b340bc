import { DelayedError, UnrecoverableError, Worker, type Job } from 'bullmq'
import { Value } from '@sinclair/typebox/value'
import type { Logger } from '@sms-codes/core/logger'
import { CHECK, LaterJob, retryDelayMs, SendJob } from '@sms-codes/core/queues/send-queue'
import { WORKER_OPTIONS } from '@sms-codes/core/queues/queue-options'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import type { Channel } from '@sms-codes/core/codes/send'
import type { Reported, SendLedger } from '@sms-codes/core/codes/send-ledger'
import { telemetryOf, type Tracing } from '@sms-codes/core/process/tracing'
import { RetryLater, type Delivered } from './delivery/settle-send.ts'
import type { WorkerMetrics } from './worker-metrics.ts'

export type ConsumerOptions = {
  queue: string
  channel: Channel
  connection: RedisClient
  concurrency: number
  deliver: (job: SendJob, signal: AbortSignal) => Promise<Delivered>
  /** What a job named CHECK asks for; answers what it came to. */
  check?: (job: SendJob) => Promise<Reported>
  ledger: SendLedger
  metrics: WorkerMetrics
  log: Logger
  tracing?: Tracing | null
}

const LONGEST_PAUSE_MS = 15_000
// Over the longest send window this starts a job less often than MOST_STARTS.
const NEWER_MS = 6_000
const MOST_STARTS = 100

/**
 * The BullMQ worker of one queue: it turns jobs into calls of `deliver` and what comes of them into
 * done, later or failed.
 */
export function createConsumer(options: ConsumerOptions) {
  const { queue, channel, connection, concurrency, deliver, check } = options
  const { ledger, metrics, log, tracing = null } = options
  // Three parameters: with fewer BullMQ hands over no signal.
  const processor = async (job: Job<unknown>, token: string | undefined, signal: AbortSignal | undefined) => {
    const { data } = job
    if (Value.Check(LaterJob, data)) return leaveToNewer(job, data, token)
    if (!Value.Check(SendJob, data)) {
      // Neither its id nor its data: nobody knows what stands there.
      log.warn({ queue }, 'a job of nobody we know')
      throw new UnrecoverableError('unknown job data')
    }
    if (job.name === CHECK && check !== undefined) {
      const reported = await check(data)
      if (reported.kind === 'soon') return comeBack(job, reported.ms, token)
      return { outcome: 'checked', why: reported.kind }
    }
    const delivered = await deliver(data, signal ?? new AbortController().signal)
    if (delivered.outcome === 'busy') return comeBack(job, delivered.ms + 50, token)
    if (delivered.outcome === 'sent') metrics.took((Date.now() - job.timestamp) / 1000)
    // Kept in the event stream after the job is gone: nothing else may stand here.
    return { outcome: delivered.outcome, why: delivered.why }
  }

  /** Waits for a worker of the job's own version, for as long as its send has time. */
  async function leaveToNewer(job: Job<unknown>, data: LaterJob, token: string | undefined) {
    const lapse = await ledger.lapse(data)
    if (lapse === 'open' || (lapse === 'done' && job.name === CHECK)) {
      log.info({ rid: data.rid, n: data.n, v: data.v }, 'left to a newer worker')
      return comeBack(job, NEWER_MS, token)
    }
    if (lapse === 'late') metrics.ended('failed', 'late')
    return { outcome: lapse === 'late' ? 'gone' : 'done', why: lapse }
  }

  /** Costs none of its tries. By the clock of this worker: another one may have it sooner or later. */
  async function comeBack(job: Job<unknown>, ms: number, token: string | undefined): Promise<never> {
    await job.moveToDelayed(Date.now() + ms, token)
    throw new DelayedError()
  }

  const worker = new Worker<unknown>(queue, processor, {
    ...WORKER_OPTIONS,
    connection,
    ...telemetryOf(tracing),
    concurrency,
    maxStalledCount: 3,
    maxStartedAttempts: MOST_STARTS,
    settings: {
      backoffStrategy: (attemptsMade, _type, err) => {
        const { atLeastMs = 0, atMostMs = LONGEST_PAUSE_MS } = err instanceof RetryLater ? err : {}
        return Math.min(Math.max(retryDelayMs(attemptsMade), atLeastMs), atMostMs, LONGEST_PAUSE_MS)
      },
    },
  })
  worker.on('error', (err) => log.debug({ err }, 'queue error'))
  // Whoever lost the lock is not the owner any more: its call to a gateway is cut short.
  worker.on('lockRenewalFailed', (ids) => ids.forEach((id) => worker.cancelJob(id)))
  // BullMQ also buries jobs without asking the processor (stalled too often): the send must still end.
  worker.on('failed', (job, err) => {
    if (job?.finishedOn === undefined || job.name === CHECK) return
    if (!Value.Check(SendJob, job.data) && !Value.Check(LaterJob, job.data)) return
    const { rid, scene, n } = job.data
    log.warn({ rid, n, err }, 'job failed')
    ledger
      .settle({ rid, scene, n }, '*', { status: 'failed', channel, reason: 'job_failed' })
      .then((mine) => mine && metrics.ended('failed', 'job_failed'))
      .catch((cause: unknown) => log.error({ err: cause, rid }, 'could not bury a send'))
  })
  return worker
}
