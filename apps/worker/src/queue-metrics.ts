import { Gauge, type Registry } from 'prom-client'
import type { Logger } from '@sms-codes/core/logger'
import { createOldest, watchQueues } from '@sms-codes/core/queues/watched-queues'
import { asStoreError, type RedisClient } from '@sms-codes/core/redis/connect'

const STATES = ['waiting', 'active', 'delayed', 'failed'] as const

/**
 * Reads the length of the queues at each scrape. Every worker reports the same values, so aggregate them with `max`.
 * While Redis is down these series are absent and the other metrics are not delayed.
 * @param connection a connection whose commands fail fast
 */
export function reportQueues(registry: Registry, connection: RedisClient, log: Logger): void {
  const { queues } = watchQueues(connection, log)
  const oldestOf = createOldest(connection)
  const jobs = new Gauge({
    name: 'sms_queue_jobs',
    help: 'Jobs of a queue by state',
    labelNames: ['queue', 'state'],
    registers: [registry],
    collect: async () => {
      jobs.reset()
      for (const queue of queues) {
        const counts = await asStoreError('queue counts', queue.getJobCounts(...STATES)).catch(() => ({}))
        for (const [state, count] of Object.entries(counts)) jobs.set({ queue: queue.name, state }, count)
      }
    },
  })
  const oldest = new Gauge({
    name: 'sms_queue_oldest_waiting_seconds',
    help: 'Age of the job that has waited for its first worker the longest, 0 for none',
    labelNames: ['queue'],
    registers: [registry],
    collect: async () => {
      oldest.reset()
      for (const { name } of queues) {
        const madeAt = await oldestOf(name).catch(() => undefined)
        if (madeAt === undefined) continue
        const age = madeAt === null ? 0 : Date.now() - madeAt
        oldest.set({ queue: name }, Math.max(0, age) / 1000)
      }
    },
  })
}
