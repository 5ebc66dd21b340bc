import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'bullmq'
import type { Logger } from '@sms-codes/core/logger'
import { leftoverQueues, smsQueues } from '@sms-codes/core/queues/shards'
import type { RedisClient } from '@sms-codes/core/redis/connect'

const CHECK_EVERY_MS = 5_000

type ShardOptions = {
  redis: RedisClient
  shards: number
  /** The number of jobs that all consumers together process at the same time. */
  concurrency: number
  open: (queue: string) => Worker<unknown>
  log: Logger
  everyMs?: number
}

/**
 * Consumes all shards of the queue `sms`. A queue of another number of shards is consumed while it has jobs, so a
 * change of the number loses no job, and a job waits at most 5 s longer. Each consumer has the same part of the concurrency: the
 * shards get equally many sends, and with a common limit a busy shard would take jobs that another process has room for.
 */
export function serveShards(options: ShardOptions) {
  const { redis, shards, concurrency, open, log, everyMs = CHECK_EVERY_MS } = options
  const own = smsQueues(shards)
  const consumers = new Map(own.map((queue) => [queue, open(queue)]))
  const stopped = new AbortController()
  const { signal } = stopped

  function divide(): void {
    for (const consumer of consumers.values())
      consumer.concurrency = Math.max(1, Math.floor(concurrency / consumers.size))
  }

  async function followLeftovers(): Promise<void> {
    const leftovers = await leftoverQueues(redis, shards)
    for (const queue of leftovers) {
      if (signal.aborted || consumers.has(queue)) continue
      log.info({ queue }, 'the queue of another number of shards has jobs')
      consumers.set(queue, open(queue))
    }
    divide()
    for (const [queue, consumer] of consumers) {
      if (own.includes(queue) || leftovers.includes(queue)) continue
      // A consumer that closes is still listed, so a shutdown waits for it.
      await consumer.close()
      consumers.delete(queue)
      divide()
    }
  }

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      // While Redis is down there are no jobs to find.
      await followLeftovers().catch((err: unknown) => log.debug({ err }, 'queues not read'))
      await sleep(everyMs, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  divide()
  void follow()
  return {
    consumers: () => [...consumers.values()],
    /** From now on, no further queue is consumed. */
    stop: () => stopped.abort(),
  }
}
