import { DelayedError, WaitingError, type Job } from 'bullmq'
import type { SendLedger } from '@sms-codes/core/codes/send-ledger'
import type { Traffic } from '@sms-codes/core/history/traffic'
import type { Logger } from '@sms-codes/core/logger'
import type { LaterJob, SendJob } from '@sms-codes/core/queues/send-queue'
import { countEnd } from './delivery/settle-send.ts'
import { SendFailed } from './send-failed.ts'
import type { WorkerMetrics } from './worker-metrics.ts'

/** So many workers in turn leave a job to other workers before the job is delayed. */
const STARTS_IN_TURN = 8
const LEFT_PAUSE_MS = 3_000

type LeaveDeps = {
  ledger: Pick<SendLedger, 'claim'>
  metrics: WorkerMetrics
  traffic: Traffic
  /** Names the queue in every line. */
  log: Logger
}

/** Leaves jobs that this worker cannot process to other workers, until the send of the job is late. */
export function createJobLeaver({ ledger, metrics, traffic, log }: LeaveDeps) {
  const reportedKeys = new Set<string>()

  /** Leaves a job to workers of another version or policy: `to` names them in the log. */
  async function unlessLate(
    job: Job<unknown>,
    data: SendJob | LaterJob,
    token: string | undefined,
    to: string,
  ) {
    const { rid, n, v, country, scene } = data
    const claim = await ledger.claim(data, '', { fence: 0, leaseMs: 0 })
    if (claim.kind === 'busy') {
      log.info({ rid, n, v, country }, `job left to ${to}`)
      return leave(job, token)
    }
    const counting = { metrics, traffic, log: log.child({ rid, n }), scene }
    if (claim.kind === 'late') {
      countEnd(counting, 'failed', 'late')
      throw new SendFailed(job, 'late')
    }
    if (claim.kind === 'gone' && claim.reason === 'used') countEnd(counting, 'sent', 'used')
    return { outcome: 'gone', why: claim.kind }
  }

  return {
    unlessLate,

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
