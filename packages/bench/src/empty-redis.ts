import type { Redis } from 'ioredis'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'

/** Empties Redis, so that every measurement begins alike. The settings that the queue wrote at its start stay. */
export async function emptyRedis(redis: Redis): Promise<void> {
  const key = `${QUEUE_PREFIX}:${SMS_QUEUE}:meta`
  const settings = await redis.hgetall(key)
  // SYNC, because Redis would otherwise free memory during the measurement.
  await redis.flushall('SYNC')
  if (Object.keys(settings).length > 0) await redis.hset(key, settings)
}
