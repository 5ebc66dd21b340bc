import type { RedisClient } from '../src/redis/connect.ts'

/**
 * Waits until the client says that it is ready. `once` of `node:events` would reject at the first error, but the client
 * connects again if a busy machine exceeded the time for the first attempt.
 */
export const ready = (redis: Pick<RedisClient, 'once'>): Promise<void> =>
  new Promise((resolve) => {
    redis.once('ready', resolve)
  })
