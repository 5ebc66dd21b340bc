import { Queue } from 'bullmq'
import { EVENTS_QUEUE } from '@sms-codes/core/events'
import { EMAIL_QUEUE, QUEUE_PREFIX, SMS_QUEUE } from '@sms-codes/core/queues'
import { asStoreError } from '@sms-codes/core/redis'
import type { Store } from './store.ts'

export type QueueFigures = {
  name: string
  waiting: number
  active: number
  delayed: number
  failed: number
  /** How long the job that waits longest has waited; null when none waits. */
  oldestSeconds: number | null
  paused: boolean
}

const COUNTED = ['waiting', 'active', 'delayed', 'failed'] as const

/**
 * All queues of the service, to look at and to stop. Opening them writes nothing.
 *
 * Every method throws StoreError when Redis does not answer.
 */
export async function withQueues<T>({ redis, log }: Store, use: (queues: Queues) => Promise<T>): Promise<T> {
  const all = [SMS_QUEUE, EMAIL_QUEUE, EVENTS_QUEUE].map((name) => {
    const queue = new Queue(name, {
      connection: redis,
      prefix: QUEUE_PREFIX,
      skipWaitingForReady: true,
      skipVersionCheck: true,
      // The length of the event stream is the producer's to set.
      skipMetasUpdate: true,
    })
    queue.on('error', (err) => log.debug({ err, queue: name }, 'queue error'))
    return queue
  })
  try {
    return await use(createQueues(redis, all))
  } finally {
    for (const queue of all) await queue.close()
  }
}

function createQueues(redis: Store['redis'], all: Queue[]) {
  async function figuresOf(queue: Queue): Promise<QueueFigures> {
    const [counts, [oldest], paused, [seconds]] = await Promise.all([
      queue.getJobCounts(...COUNTED),
      queue.getJobs(['waiting'], 0, 0, true),
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
      oldestSeconds:
        oldest === undefined ? null : Math.max(0, Math.round(Number(seconds) - oldest.timestamp / 1000)),
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
