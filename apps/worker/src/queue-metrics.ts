import { Gauge, type Registry } from 'prom-client'
import type { Logger } from '@sms-codes/core/logger'
import { createQueueState, type QueueState } from '@sms-codes/core/queues/queue-state'
import { EMAIL_QUEUE, SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { watchQueues } from '@sms-codes/core/queues/watched-queues'
import { asStoreError, type RedisClient } from '@sms-codes/core/redis/connect'

const SENDING = [SMS_QUEUE, EMAIL_QUEUE]
const STATES = ['waiting', 'active', 'delayed', 'failed'] as const

/**
 * Reads the queues at each scrape. Every worker reports the same values, so aggregate them with `max`.
 * While Redis is down these series are absent and the other metrics are not delayed.
 * @param connection a connection whose commands fail fast
 */
export function reportQueues(registry: Registry, connection: RedisClient, log: Logger): void {
  const { queues } = watchQueues(connection, log)
  const stateOf = createQueueState(connection)
  const registers = [registry]
  const jobs = new Gauge({
    name: 'sms_queue_jobs',
    help: 'Jobs of a queue by state',
    labelNames: ['queue', 'state'],
    registers,
    collect: async () => {
      jobs.reset()
      for (const queue of queues) {
        const counts = await asStoreError('queue counts', queue.getJobCounts(...STATES)).catch(() => ({}))
        for (const [state, count] of Object.entries(counts)) jobs.set({ queue: queue.name, state }, count)
      }
    },
  })
  const all = queues.map(({ name }) => name)
  function report(name: string, help: string, valueOf: (state: QueueState) => number, of = all): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['queue'],
      registers,
      collect: async () => {
        gauge.reset()
        for (const queue of of) {
          const state = await stateOf(queue).catch(() => null)
          if (state !== null) gauge.set({ queue }, valueOf(state))
        }
      },
    })
  }
  report(
    'sms_queue_oldest_waiting_seconds',
    'Age of the job that has waited for its first worker the longest, 0 for none',
    ({ untakenMs }) => (untakenMs ?? 0) / 1000,
  )
  report(
    'sms_queue_oldest_unaccepted_seconds',
    'Age of the oldest send that no gateway has accepted, retried sends included, 0 for none',
    ({ unacceptedMs }) => (unacceptedMs ?? 0) / 1000,
    SENDING,
  )
  report(
    'sms_queue_stalled_seconds',
    'Seconds without an accepted message while sends wait or after a send was not accepted, else 0',
    ({ stalledMs }) => stalledMs / 1000,
    SENDING,
  )
  report('sms_queue_paused', '1 while the queue is paused', ({ isPaused }) => Number(isPaused))
}
