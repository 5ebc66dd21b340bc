import { Queue } from 'bullmq'
import { Gauge, type Registry } from 'prom-client'
import { EVENTS_QUEUE } from '@sms-codes/core/events'
import type { Logger } from '@sms-codes/core/logger'
import { EMAIL_QUEUE, QUEUE_PREFIX, SMS_QUEUE } from '@sms-codes/core/queues'
import { asStoreError, type RedisClient } from '@sms-codes/core/redis'

const STATES = ['waiting', 'active', 'delayed', 'failed'] as const

/**
 * How much lies in the queues, asked for when somebody scrapes. Every worker says the same, so take the
 * `max`. While Redis is away there is nothing to say, and the rest of the metrics must not suffer for it.
 * @param connection of a kind that fails fast
 */
export function reportQueues(registry: Registry, connection: RedisClient, log: Logger): void {
  const queues = [SMS_QUEUE, EMAIL_QUEUE, EVENTS_QUEUE].map((name) => {
    const queue = new Queue(name, {
      connection,
      prefix: QUEUE_PREFIX,
      skipWaitingForReady: true,
      skipVersionCheck: true,
      skipMetasUpdate: true,
    })
    queue.on('error', (err) => log.debug({ err, queue: name }, 'queue error'))
    return queue
  })
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
    help: 'Age of the job that has waited for a worker the longest, 0 for none',
    labelNames: ['queue'],
    registers: [registry],
    collect: async () => {
      oldest.reset()
      for (const queue of queues) {
        const waiting = await asStoreError('oldest', queue.getJobs(['waiting'], 0, 0, true)).catch(() => null)
        if (waiting === null) continue
        const since = waiting[0]?.timestamp ?? Date.now()
        oldest.set({ queue: queue.name }, Math.max(0, Date.now() - since) / 1000)
      }
    },
  })
}
