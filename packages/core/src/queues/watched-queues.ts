import { EVENTS_QUEUE } from './events.ts'
import type { Logger } from '../logger.ts'
import { openQueue } from './queue-options.ts'
import { EMAIL_QUEUE } from './send-queue.ts'
import { EVERY_SMS_QUEUE, leftoverQueues, smsQueues } from './shards.ts'
import type { RedisClient } from '../redis/connect.ts'

/**
 * Opens all possible queues for reading or pausing. Opening a queue writes nothing to Redis.
 * @param connection of a `ConnectionKind` that fails fast
 */
export function watchQueues(connection: RedisClient, log: Logger) {
  const queues = [...EVERY_SMS_QUEUE, EMAIL_QUEUE, EVENTS_QUEUE].map((name) =>
    // Only the producers set how long the event stream may grow.
    openQueue(name, connection, log, { skipMetasUpdate: true }),
  )
  async function close(): Promise<void> {
    for (const queue of queues) await queue.close()
  }
  return { queues, close }
}

/** The queues that are in use: those of this number of shards, and others that still have jobs. @throws StoreError */
export async function queuesInUse(redis: RedisClient, shards: number): Promise<string[]> {
  return [...smsQueues(shards), ...(await leftoverQueues(redis, shards)), EMAIL_QUEUE, EVENTS_QUEUE]
}
