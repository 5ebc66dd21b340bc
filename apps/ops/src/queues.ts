import type { Queue } from 'bullmq'
import { redisClockMs } from '@sms-codes/core/redis/clock-skew'
import { asStoreError } from '@sms-codes/core/redis/connect'
import { createOldest, watchQueues } from '@sms-codes/core/queues/watched-queues'
import type { Store } from './store.ts'

export type QueueFigures = {
  name: string
  waiting: number
  active: number
  delayed: number
  failed: number
  /** Age of the job that has waited longest for its first worker, or null if no job waits. */
  oldestSeconds: number | null
  paused: boolean
}

const COUNTED = ['waiting', 'active', 'delayed', 'failed'] as const

/**
 * Opens all queues, calls `use` and closes them.
 *
 * Every method of Queues throws StoreError when Redis does not answer.
 */
export async function withQueues<T>({ redis, log }: Store, use: (queues: Queues) => Promise<T>): Promise<T> {
  const { queues: all, close } = watchQueues(redis, log)
  try {
    return await use(createQueues(redis, all))
  } finally {
    await close()
  }
}

function createQueues(redis: Store['redis'], all: Queue[]) {
  const oldestOf = createOldest(redis)
  async function figuresOf(queue: Queue): Promise<QueueFigures> {
    const [counts, addedAt, paused, now] = await Promise.all([
      queue.getJobCounts(...COUNTED),
      oldestOf(queue.name),
      queue.isPaused(),
      redisClockMs(redis),
    ])
    const count = (state: (typeof COUNTED)[number]) => counts[state] ?? 0
    return {
      name: queue.name,
      waiting: count('waiting'),
      active: count('active'),
      delayed: count('delayed'),
      failed: count('failed'),
      // A job has the clock of the host that added it, which may be ahead of the clock of Redis.
      oldestSeconds: addedAt === null ? null : Math.max(0, Math.round((now - addedAt) / 1000)),
      paused,
    }
  }
  return {
    figures: () => asStoreError('queues', Promise.all(all.map(figuresOf))),
    /** Stops all workers on all hosts from taking jobs until `resume`; active jobs go on. */
    pause: () => asStoreError('pause', Promise.all(all.map((queue) => queue.pause()))),
    resume: () => asStoreError('resume', Promise.all(all.map((queue) => queue.resume()))),
    active: async (): Promise<number> => {
      const counts = await asStoreError('queues', Promise.all(all.map((queue) => queue.getActiveCount())))
      return counts.reduce((sum, count) => sum + count, 0)
    },
  }
}
export type Queues = ReturnType<typeof createQueues>
