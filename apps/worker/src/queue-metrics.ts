import { Gauge, type Registry } from 'prom-client'
import { EVENTS_QUEUE } from '@sms-codes/core/queues/events'
import { createQueueState, type QueueState } from '@sms-codes/core/queues/queue-state'
import { queuesInUse } from '@sms-codes/core/queues/watched-queues'
import type { RedisClient } from '@sms-codes/core/redis/connect'

type Read = { queue: string; state: QueueState }

/**
 * Reads each queue once at each scrape. Every worker reports the same values, so aggregate them with `max`.
 * While Redis is down these series are absent and the other metrics are not delayed.
 * @param connection a connection whose commands fail fast
 */
export function reportQueues(registry: Registry, connection: RedisClient, shards: number): void {
  const stateOf = createQueueState(connection)
  const registers = [registry]
  const readOne = async (queue: string): Promise<Read[]> => {
    const state = await stateOf(queue).catch(() => null)
    return state === null ? [] : [{ queue, state }]
  }
  async function readAll(): Promise<Read[]> {
    const queues = await queuesInUse(connection, shards).catch(() => [])
    return (await Promise.all(queues.map(readOne))).flat()
  }
  let reading: Promise<Read[]> | null = null
  /** All gauges of a scrape call this function at the same time, and share what the first call reads. */
  const read = () => (reading ??= readAll().finally(() => (reading = null)))

  const jobs = new Gauge({
    name: 'sms_queue_jobs',
    help: 'Jobs of a queue by state',
    labelNames: ['queue', 'state'],
    registers,
    collect: async () => {
      const found = await read()
      jobs.reset()
      for (const { queue, state } of found)
        for (const [name, count] of Object.entries(state.jobs)) jobs.set({ queue, state: name }, count)
    },
  })
  function report(name: string, help: string, valueOf: (state: QueueState) => number, ofEvents: boolean) {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['queue'],
      registers,
      collect: async () => {
        const found = await read()
        gauge.reset()
        for (const { queue, state } of found)
          if (ofEvents || queue !== EVENTS_QUEUE) gauge.set({ queue }, valueOf(state))
      },
    })
  }
  report(
    'sms_queue_oldest_waiting_seconds',
    'Age of the job that has waited for its first worker the longest, 0 for none',
    ({ untakenMs }) => (untakenMs ?? 0) / 1000,
    true,
  )
  report(
    'sms_queue_oldest_unaccepted_seconds',
    'Age of the oldest send that no gateway has accepted, retried sends included, 0 for none',
    ({ unacceptedMs }) => (unacceptedMs ?? 0) / 1000,
    false,
  )
  report(
    'sms_queue_stalled_seconds',
    'Seconds without an accepted message while sends wait or after a send was not accepted, else 0',
    ({ stalledMs }) => stalledMs / 1000,
    false,
  )
  report('sms_queue_paused', '1 while the queue is paused', ({ isPaused }) => Number(isPaused), true)
}
