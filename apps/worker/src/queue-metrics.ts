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
  async function readAll(): Promise<Read[]> {
    const queues = await queuesInUse(connection, shards).catch(() => [])
    const reads = queues.map(async (queue) => ({ queue, state: await stateOf(queue).catch(() => null) }))
    return (await Promise.all(reads)).flatMap(({ queue, state }) =>
      state === null ? [] : [{ queue, state }],
    )
  }
  let reading: Promise<Read[]> | null = null
  /** All gauges of a scrape call this function at the same time, and share what the first call reads. */
  const read = () => (reading ??= readAll().finally(() => (reading = null)))

  function report(
    name: string,
    help: string,
    show: (gauge: Gauge, read: Read) => void,
    labels: string[] = [],
  ) {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: ['queue', ...labels],
      registers: [registry],
      collect: async () => {
        const found = await read()
        gauge.reset()
        for (const one of found) show(gauge, one)
      },
    })
  }
  report(
    'sms_queue_jobs',
    'Jobs of a queue by state',
    (gauge, { queue, state }) => {
      for (const [name, count] of Object.entries(state.jobs)) gauge.set({ queue, state: name }, count)
    },
    ['state'],
  )
  report(
    'sms_queue_oldest_waiting_seconds',
    'Age of the job that has waited for its first worker the longest, 0 for none',
    (gauge, { queue, state }) => gauge.set({ queue }, (state.untakenMs ?? 0) / 1000),
  )
  report('sms_queue_paused', '1 while the queue is paused', (gauge, { queue, state }) =>
    gauge.set({ queue }, Number(state.isPaused)),
  )
  const reportSends = (name: string, help: string, msOf: (state: QueueState) => number | null) =>
    report(name, help, (gauge, { queue, state }) => {
      if (queue !== EVENTS_QUEUE) gauge.set({ queue }, (msOf(state) ?? 0) / 1000)
    })
  reportSends(
    'sms_queue_oldest_unaccepted_seconds',
    'Age of the oldest send that no gateway has accepted, retried sends included, 0 for none',
    ({ unacceptedMs }) => unacceptedMs,
  )
  reportSends(
    'sms_queue_stalled_seconds',
    'Seconds without an accepted message while sends wait or after a send was not accepted, else 0',
    ({ stalledMs }) => stalledMs,
  )
}
