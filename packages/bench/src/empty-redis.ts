import type { Redis } from 'ioredis'

/** Empties Redis, so that every measurement begins alike. The settings that the queues wrote at their start stay. */
export async function emptyRedis(redis: Redis): Promise<void> {
  const settings = await Promise.all(
    (await redis.keys('*:meta')).map(async (key) => ({ key, fields: await redis.hgetall(key) })),
  )
  // SYNC, because Redis would otherwise free memory during the measurement.
  await redis.flushall('SYNC')
  for (const { key, fields } of settings) await redis.hset(key, fields)
}
