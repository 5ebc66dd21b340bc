import type { RedisClient } from '../src/redis/connect.ts'

/**
 * Waits until a connection can be used. `once` of `node:events` would reject at the first error, and a busy machine may be
 * too slow for the first try to connect. ioredis then tries again.
 */
export async function untilReady(redis: Pick<RedisClient, 'status' | 'once'>): Promise<void> {
  if (redis.status !== 'ready') await new Promise((resolve) => redis.once('ready', resolve))
}
