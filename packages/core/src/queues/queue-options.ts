import { Queue, type JobsOptions, type QueueOptions } from 'bullmq'
import type { Logger } from '../logger.ts'
import { telemetryOf, type Tracing } from '../process/tracing.ts'
import type { RedisClient } from '../redis/connect.ts'
import { queueTag } from '../redis/keys.ts'

/** The prefix of the keys of a queue, except for a shard. */
export const QUEUE_PREFIX = '{sms}'

/** Returns a function that completes the names of BullMQ's keys for a queue. */
export const toKeyOf = (queue: string) => (name: string) => `${queueTag(queue)}:${queue}:${name}`

/** How many finished jobs are kept for operators. */
const KEPT = { removeOnComplete: { count: 200 }, removeOnFail: { age: 3_600, count: 1_000 } }

/**
 * A killed worker's job comes back within 15 s: the job's lock lasts 10 s, and locks are checked every 5 s. `KEPT`
 * applies to a job whose own options were lost.
 */
export const workerOptions = (queue: string) => ({
  prefix: queueTag(queue),
  lockDuration: 10_000,
  stalledInterval: 5_000,
  ...KEPT,
})

/**
 * Opens a queue. The function neither waits for Redis nor fails if Redis is down.
 * @param connection of a `ConnectionKind` that fails fast, so that an outage gives errors and no command hangs
 */
export function openQueue<Data>(
  name: string,
  connection: RedisClient,
  log: Logger,
  options: Partial<QueueOptions> = {},
): Queue<Data> {
  const queue = new Queue<Data>(name, {
    ...options,
    connection,
    prefix: queueTag(name),
    // Without this option, the first command waits without end if Redis was down at the start.
    skipWaitingForReady: true,
    // BullMQ asks for Redis's version once and keeps a failure, so a process that started while Redis was down
    // would never recover. server-faults.ts checks the version instead.
    skipVersionCheck: true,
  })
  queue.on('error', (err) => log.debug({ err, queue: name }, 'queue error'))
  return queue
}

/** Opens a queue to add jobs to it. */
export function openProducerQueue<Data>(
  name: string,
  connection: RedisClient,
  log: Logger,
  tracing: Tracing | null,
  jobOptions: JobsOptions,
): Queue<Data> {
  return openQueue<Data>(name, connection, log, {
    ...telemetryOf(tracing),
    defaultJobOptions: {
      ...jobOptions,
      ...KEPT,
      stackTraceLimit: 0,
    },
    streams: { events: { maxLen: 1_000 } },
  })
}
