import { Queue, type JobsOptions, type QueueOptions } from 'bullmq'
import type { Logger } from '../logger.ts'
import { telemetryOf, type Tracing } from '../process/tracing.ts'
import type { RedisClient } from '../redis/connect.ts'
import { queueTag } from '../redis/keys.ts'

/** The prefix of the keys of a queue, except for a shard. */
export const QUEUE_PREFIX = '{sms}'

/** Returns a function that completes the names of BullMQ's keys for a queue. */
export const toKeyOf = (queue: string) => (name: string) => `${queueTag(queue)}:${queue}:${name}`

/** So many jobs that are too old are removed when a job ends. More at once would delay other commands of Redis. */
const REMOVED_AT_ONCE = 10

/**
 * How long a queue keeps ended jobs for operators: `age` in s, and `count`. The count of `sms` (or a shard) suffices for
 * five minutes of 30 sends a second. BullMQ removes a job when a later one ends. The worker has these options and not the
 * job, because Redis would store them with every job.
 */
export const keptJobs = (queue: string) => ({
  removeOnComplete: { age: 3_600, count: queue.startsWith('sms') ? 9_000 : 1_000, limit: REMOVED_AT_ONCE },
  removeOnFail: { age: 86_400, count: 1_000, limit: REMOVED_AT_ONCE },
})

/** A killed worker's job comes back within 15 s: the job's lock lasts 10 s, and locks are checked every 5 s. */
export const workerOptions = (queue: string) => ({
  prefix: queueTag(queue),
  lockDuration: 10_000,
  stalledInterval: 5_000,
  ...keptJobs(queue),
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
    defaultJobOptions: { ...jobOptions, stackTraceLimit: 0 },
    streams: { events: { maxLen: 1_000 } },
  })
}
