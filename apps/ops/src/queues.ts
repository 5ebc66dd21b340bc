import type { Queue } from 'bullmq'
import { redisClockMs } from '@sms-codes/core/redis/clock-skew'
import { asStoreError, type RedisClient } from '@sms-codes/core/redis/connect'
import { createQueueState } from '@sms-codes/core/queues/queue-state'
import { queuesInUse, watchQueues } from '@sms-codes/core/queues/watched-queues'
import type { StoreConfig } from './config.ts'
import { withStore } from './store.ts'

/** Connects to Redis, opens all queues, calls `use` and closes all. @throws OpsError when Redis does not answer */
export const withQueues = (
  { redisUrl, shards }: Pick<StoreConfig, 'redisUrl' | 'shards'>,
  use: (queues: Queues, redis: RedisClient) => Promise<void>,
) =>
  withStore({ redisUrl }, async ({ redis, log }) => {
    const { queues, close } = watchQueues(redis, log)
    try {
      await use(createQueues(redis, shards, queues), redis)
    } finally {
      await close()
    }
  })

/** Every method throws StoreError when Redis does not answer. */
function createQueues(redis: RedisClient, shards: number, all: Queue[]) {
  const stateOf = createQueueState(redis)
  async function figuresOf(name: string) {
    const state = await stateOf(name, await redisClockMs(redis))
    const { untakenMs, isPaused: paused } = state
    // The age of the job that has waited longest for its first worker.
    const oldestSeconds = untakenMs === null ? null : Math.round(untakenMs / 1000)
    const stalledSeconds = Math.round(state.stalledMs / 1000)
    return { name, ...state.jobs, oldestSeconds, stalledSeconds, paused }
  }
  const figures = async () => Promise.all((await queuesInUse(redis, shards)).map(figuresOf))
  return {
    figures,
    /** Counts the jobs in a state over all queues. */
    count: async (state: 'waiting' | 'active') =>
      (await figures()).reduce((sum, queue) => sum + queue[state], 0),
    /**
     * Stops all workers on all hosts from taking jobs until `resume`. Active jobs go on. All possible
     * shards are paused, so the pause outlasts a change of queues.shards.
     */
    pause: () => asStoreError('pause', Promise.all(all.map((queue) => queue.pause()))),
    resume: () => asStoreError('resume', Promise.all(all.map((queue) => queue.resume()))),
  }
}
export type Queues = ReturnType<typeof createQueues>
