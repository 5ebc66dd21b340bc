import type { Job } from 'bullmq'
import { Value } from '@sinclair/typebox/value'
import type { Channel, Send } from '@sms-codes/core/codes/send'
import type { SendLedger } from '@sms-codes/core/codes/send-ledger'
import type { Traffic } from '@sms-codes/core/history/traffic'
import type { AcceptanceMark } from '@sms-codes/core/queues/queue-state'
import { LaterJob, retryDelayMs, SendJob } from '@sms-codes/core/queues/send-queue'
import type { Delivered } from './delivery/attempt.ts'
import { countEnd, RetryLater } from './delivery/settle-send.ts'
import { createJobLeaver, delayJob } from './leave-job.ts'
import { openWorker, unknownData, type WorkerParts } from './open-worker.ts'
import { SendFailed } from './send-failed.ts'
import type { WorkerMetrics } from './worker-metrics.ts'

export type ConsumerOptions = WorkerParts & {
  queue: string
  channel: Channel
  concurrency: number
  deliver: (job: SendJob, signal: AbortSignal) => Promise<Delivered>
  mark: AcceptanceMark
  ledger: SendLedger
  metrics: WorkerMetrics
  traffic: Traffic
}

const LONGEST_PAUSE_MS = 15_000
/** A job that is left to other workers starts less often than this before its send is over. */
const MOST_STARTS = 1_600
/** The longest time to send. An older job whose record no longer exists was not sent in time. */
const LONGEST_SEND_MS = 570_000

/** A send that ends for one of these reasons found no gateway in time. The other reasons lie in the send itself. */
const UNACCEPTED: readonly string[] = ['late', 'ambiguous', 'no_gateway']

/** The BullMQ worker of one queue: calls `deliver` for each job, and then completes, delays or fails the job. */
export function createConsumer(options: ConsumerOptions) {
  const { queue, channel, concurrency, deliver, ledger, metrics, traffic, log } = options
  const leaver = createJobLeaver({ ledger, metrics, traffic, log: log.child({ queue, channel }) })

  const lineOf = ({ rid, n }: Send) => log.child({ rid, n, channel })
  const counting = (send: Send) => ({ metrics, traffic, log: lineOf(send), scene: send.scene })

  async function runJob(job: Job<unknown>, token: string | undefined, signal: AbortSignal) {
    const { data } = job
    if (Value.Check(LaterJob, data)) return leaver.unlessLate(job, data, token, 'a newer worker')
    if (!Value.Check(SendJob, data)) throw unknownData(queue, options)
    const delivered = await deliver(data, signal)
    if (delivered.outcome === 'not_served')
      return leaver.unlessLate(job, data, token, 'a worker with another policy')
    if (delivered.outcome === 'no_key') return leaver.toWorkerWithKey(job, delivered.kid, token)
    if (delivered.outcome === 'waiting') return delayJob(job, delivered.waitMs, token)
    if (delivered.why === 'no_record' && isOverdue(job)) {
      countEnd(counting(data), 'failed', 'late')
      throw new SendFailed(job, 'late')
    }
    if (delivered.outcome === 'sent' || delivered.outcome === 'fell_back') options.mark.accepted()
    else if (UNACCEPTED.includes(delivered.why)) options.mark.lost()
    if (delivered.outcome === 'failed') throw new SendFailed(job, delivered.why, delivered.answer)
    // An operator retried the job, or the worker that settled the send died. The job shows the failure again.
    if (delivered.outcome === 'done' && delivered.failed !== undefined)
      throw new SendFailed(job, delivered.failed.reason || 'failed', delivered.failed.gateway)
    if (delivered.outcome === 'sent') metrics.took((Date.now() - job.timestamp) / 1000)
    // The return value stays in BullMQ's event stream after the job is gone, so it has only these two fields.
    return { outcome: delivered.outcome, why: delivered.why }
  }

  const worker = openWorker(queue, runJob, options, {
    concurrency,
    maxStalledCount: 3,
    maxStartedAttempts: MOST_STARTS,
    settings: { backoffStrategy: (attemptsMade, _type, err) => backoffMs(attemptsMade, err) },
  })
  // Another worker may run a job whose lock this worker lost, so this worker aborts its gateway call.
  worker.on('lockRenewalFailed', (ids) => ids.forEach((id) => worker.cancelJob(id)))
  // BullMQ fails a job that stalled too often without calling the processor, and the send of the job must still end.
  // `SendFailed` comes from the processor, after the send ended.
  worker.on('failed', (job, err) => {
    if (job?.finishedOn === undefined || err instanceof SendFailed) return
    const { data } = job
    if (!Value.Check(SendJob, data) && !Value.Check(LaterJob, data)) return
    const line = lineOf(data)
    line.warn({ err }, 'job failed')
    ledger
      .settleUnclaimed(data, { status: 'failed', channel, reason: 'job_failed' })
      .then((isWritten) => countEnd(counting(data), 'failed', 'job_failed', isWritten))
      .catch((cause: unknown) => line.error({ err: cause }, 'could not end the send of a failed job'))
  })
  return worker
}

/**
 * Tells whether a send without a record was not sent in time. A job that an operator retried on the board says nothing
 * about its send. BullMQ has deleted the `failedReason` of such a job, and keeps that of a job with retries.
 */
const isOverdue = ({ timestamp, attemptsMade, failedReason }: Job<unknown>) =>
  Date.now() - timestamp > LONGEST_SEND_MS && (attemptsMade === 0 || Boolean(failedReason))

/** Returns the ms before the next attempt, within the limits in RetryLater and at most LONGEST_PAUSE_MS. */
function backoffMs(attemptsMade: number, err: Error | undefined): number {
  const { atLeastMs = 0, atMostMs = LONGEST_PAUSE_MS } = err instanceof RetryLater ? err : {}
  return Math.min(Math.max(retryDelayMs(attemptsMade), atLeastMs), atMostMs, LONGEST_PAUSE_MS)
}
