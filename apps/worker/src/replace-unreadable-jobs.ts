import { Job, type Worker } from 'bullmq'
import type { RedisClient } from '@sms-codes/core/redis/connect'

/** `maxStalledCount` is lower, so BullMQ would have failed a job with more stalls at its last start, if it could start. */
const MOST_STALLS = 5
/** Job data that every processor refuses as unknown. */
const EMPTY = { name: 'unreadable', data: 'null', opts: '{}' }

/**
 * Lets a worker fail the jobs that BullMQ cannot start, such as a job whose data or options are not JSON. BullMQ throws
 * before it calls the processor, so the job stalls and returns to the queue without end. Such a job is replaced by an
 * empty job with the same id, and the processor then fails it.
 */
export function replaceUnreadableJobs(worker: Worker<unknown>, redis: RedisClient): void {
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
