import { Job, UnrecoverableError, Worker, type WorkerOptions } from 'bullmq'
import type { Logger } from '@sms-codes/core/logger'
import { telemetryOf, type Tracing } from '@sms-codes/core/process/tracing'
import { workerOptions } from '@sms-codes/core/queues/queue-options'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import type { WorkerMetrics } from './worker-metrics.ts'

export type WorkerParts = {
  connection: RedisClient
  metrics: Pick<WorkerMetrics, 'unreadable'>
  log: Logger
  tracing?: Tracing | null
}
type Run = (job: Job<unknown>, token: string | undefined, signal: AbortSignal) => Promise<unknown>

/** Opens the BullMQ worker of a queue. */
export function openWorker(queue: string, run: Run, parts: WorkerParts, options: Partial<WorkerOptions>) {
  const { connection, log, tracing = null } = parts
  // BullMQ passes a signal only to a processor with three parameters.
  const worker = new Worker<unknown>(
    queue,
    (job, token, signal) => run(job, token, signal ?? new AbortController().signal),
    { ...workerOptions(queue), connection, ...telemetryOf(tracing), ...options },
  )
  worker.on('error', (err) => log.debug({ err, queue }, 'queue error'))
  replaceUnreadableJobs(worker, connection)
  return worker
}

/** Counts and logs a job with unknown data. Returns the error that fails the job. */
export function unknownData(queue: string, { metrics, log }: WorkerParts): UnrecoverableError {
  // The log shows neither the id nor the data, because both may contain secrets.
  log.warn({ queue }, 'unknown job payload')
  metrics.unreadable(queue)
  return new UnrecoverableError('unknown job data')
}

/** `maxStalledCount` is lower, so BullMQ would have failed a job with more stalls at its last start, if it could start. */
const MOST_STALLS = 5
/** Job data that every processor refuses as unknown. */
const EMPTY = { name: 'unreadable', data: 'null', opts: '{}' }

/**
 * Lets a worker fail the jobs that BullMQ cannot start, such as a job whose data or options are not JSON. BullMQ throws
 * before it calls the processor, so the job stalls and returns to the queue without end. Such a job is replaced by an
 * empty job with the same id, and the processor then fails it.
 */
function replaceUnreadableJobs(worker: Worker<unknown>, redis: RedisClient): void {
  async function replace(id: string): Promise<void> {
    if (await isReadable(worker, id)) return
    const key = worker.toKey(id)
    await redis
      .multi()
      .del(key)
      .hset(key, { ...EMPTY, timestamp: Date.now() })
      .exec()
  }
  worker.on('stalled', (id) => {
    // If Redis does not answer, the job stalls again and this listener is called again.
    replace(id).catch((err: unknown) =>
      worker.emit('error', err instanceof Error ? err : new Error('unknown')),
    )
  })
}

async function isReadable(worker: Worker<unknown>, id: string): Promise<boolean> {
  try {
    const job = await Job.fromId(worker, id)
    return job === undefined || job.stalledCounter <= MOST_STALLS
  } catch (err) {
    // `JSON.parse` throws a SyntaxError. BullMQ throws a TypeError if the JSON is not an object. Errors of Redis are neither.
    if (err instanceof SyntaxError || err instanceof TypeError) return false
    throw err
  }
}
