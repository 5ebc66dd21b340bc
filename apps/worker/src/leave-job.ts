import { DelayedError, WaitingError, type Job } from 'bullmq'
import type { SendLedger } from '@sms-codes/core/codes/send-ledger'
import type { Logger } from '@sms-codes/core/logger'
import type { LaterJob, SendJob } from '@sms-codes/core/queues/send-queue'
import { countEnd } from './delivery/settle-send.ts'
import type { WorkerMetrics } from './worker-metrics.ts'

/** So many workers in turn leave a job to other workers before the job is delayed. */
const STARTS_IN_TURN = 8
const LEFT_PAUSE_MS = 3_000

type LeaveDeps = {
  ledger: Pick<SendLedger, 'claim'>
  metrics: WorkerMetrics
  /** Names the queue in every line. */
  log: Logger
}

/** Leaves jobs that this worker cannot process to other workers, until the send of the job is late. */
export function createJobLeaver({ ledger, metrics, log }: LeaveDeps) {
  const reportedKeys = new Set<string>()

  async function leaveUnlessLate(
    job: Job<unknown>,
    data: SendJob | LaterJob,
    token: string | undefined,
    to: string,
  ) {
    const { rid, n, v, country } = data
    const claim = await ledger.claim(data, '', { fence: 0, leaseMs: 0 })
    if (claim.kind === 'busy') {
      log.info({ rid, n, v, country }, `job left to ${to}`)
      return leave(job, token)
    }
    const line = log.child({ rid, n })
    if (claim.kind === 'late') countEnd({ status: 'failed', by: 'late' }, true, metrics, line)
    if (claim.kind === 'gone' && claim.reason === 'used')
      countEnd({ status: 'sent', by: 'used' }, true, metrics, line)
    return { outcome: 'gone', why: claim.kind }
  }

  return {
    /** Leaves a job of a newer version to a worker of that version. */
    toNewerWorker: (job: Job<unknown>, data: LaterJob, token: string | undefined) =>
      leaveUnlessLate(job, data, token, 'a newer worker'),

    /** Leaves a job for a country that no gateway of this worker serves to a worker with another policy. */
    toOtherPolicy: (job: Job<unknown>, data: SendJob, token: string | undefined) =>
      leaveUnlessLate(job, data, token, 'a worker with another policy'),

    /** Leaves a job to a worker that has the code key with the id `kid`. */
    toWorkerWithKey(job: Job<unknown>, kid: string, token: string | undefined): Promise<never> {
      metrics.keyMissing()
      if (!reportedKeys.has(kid))
        log.error({ kid }, 'CODE_KEYS lacks a key; its jobs are left to other workers')
      reportedKeys.add(kid)
      return leave(job, token)
    },
  }
}

/**
 * Gives a job back without using up an attempt. Without a delay, Redis gives a waiting job to the worker that has been
 * idle for longest, so the idle workers get the job in turn. Delays alone would not reach every worker: all idle workers
 * wake at the end of a delay, and often the same one is first.
 */
async function leave(job: Job<unknown>, token: string | undefined): Promise<never> {
  if (job.attemptsStarted % STARTS_IN_TURN === 0) return delayJob(job, LEFT_PAUSE_MS, token)
  await job.moveToWait(token)
  throw new WaitingError()
}

/** Delays a job without using up an attempt. A worker whose clock differs may begin the job early or late. */
export async function delayJob(job: Job<unknown>, ms: number, token: string | undefined): Promise<never> {
  await job.moveToDelayed(Date.now() + ms, token)
  throw new DelayedError()
}
