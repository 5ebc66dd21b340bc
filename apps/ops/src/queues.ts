import type { Queue } from 'bullmq'
import { asStoreError } from '@sms-codes/core/redis/connect'
import { createOldest, watchQueues } from '@sms-codes/core/queues/watched-queues'
import type { Store } from './store.ts'

export type QueueFigures = {
  name: string
  waiting: number
  active: number
  delayed: number
  failed: number
  /** How long the job that waits longest for its first worker has waited; null when none does. */
  oldestSeconds: number | null
  paused: boolean
}

const COUNTED = ['waiting', 'active', 'delayed', 'failed'] as const

/**
 * All queues of the service, to look at and to stop.
 *
 * Every method throws StoreError when Redis does not answer.
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
    const [counts, madeAt, paused, [seconds]] = await Promise.all([
      queue.getJobCounts(...COUNTED),
      oldestOf(queue.name),
      queue.isPaused(),
      redis.time(),
    ])
    const count = (state: (typeof COUNTED)[number]) => counts[state] ?? 0
    return {
      name: queue.name,
      waiting: count('waiting'),
      active: count('active'),
      delayed: count('delayed'),
      failed: count('failed'),
      // A job carries the clock of whoever added it, which may be ahead of Redis'.
      oldestSeconds: madeAt === null ? null : Math.max(0, Math.round(Number(seconds) - madeAt / 1000)),
      paused,
    }
  }
  return {
    figures: () => asStoreError('queues', Promise.all(all.map(figuresOf))),
    /** No worker takes another job, on any host, until `resume`; what is under way goes on. */
    pause: () => asStoreError('pause', Promise.all(all.map((queue) => queue.pause()))),
    resume: () => asStoreError('resume', Promise.all(all.map((queue) => queue.resume()))),
    active: async (): Promise<number> => {
      const counts = await asStoreError('queues', Promise.all(all.map((queue) => queue.getActiveCount())))
      return counts.reduce((sum, count) => sum + count, 0)
    },
  }
}
export type Queues = ReturnType<typeof createQueues>
