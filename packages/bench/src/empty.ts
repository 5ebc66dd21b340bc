import type { Redis } from 'ioredis'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'

/** Every measurement begins with the same Redis: only the settings that the queue wrote at its start. */
export async function empty(redis: Redis): Promise<void> {
  const key = `${QUEUE_PREFIX}:${SMS_QUEUE}:meta`
  const settings = await redis.hgetall(key)
  // SYNC, or Redis would still be freeing memory while it is measured.
  await redis.flushall('SYNC')
  if (Object.keys(settings).length > 0) await redis.hset(key, settings)
}
