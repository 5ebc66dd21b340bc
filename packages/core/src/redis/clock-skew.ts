import { Gauge, type Registry } from 'prom-client'
import { asStoreError, type RedisClient } from './connect.ts'

/** The clock of Redis, in ms since 1970. @throws StoreError */
export async function redisClockMs(redis: RedisClient): Promise<number> {
  const [seconds, micros] = await asStoreError('time', redis.time())
  return Number(seconds) * 1000 + Number(micros) / 1000
}

/**
 * How many milliseconds this host's clock is ahead of the clock of Redis. Codes expire by the clock of Redis.
 * Receipts of verified codes (JWS), vendor signatures and retry delays use the host's clock. @throws StoreError
 */
export async function clockSkewMs(redis: RedisClient, now = Date.now): Promise<number> {
  const asked = now()
  const theirs = await redisClockMs(redis)
  // Redis read its clock about halfway through the round trip.
  return (asked + now()) / 2 - theirs
}

/** Beyond this skew, vendors may refuse our signatures and applications may refuse our JWS receipts. */
const MOST_SKEW_MS = 60_000

/** @throws StoreError */
export const isClockFarOff = async (redis: RedisClient, now = Date.now): Promise<boolean> =>
  Math.abs(await clockSkewMs(redis, now)) > MOST_SKEW_MS

/** Adds a gauge that reads the skew at each scrape. */
export function reportClockSkew(registry: Registry, redis: RedisClient, now = Date.now): void {
  const gauge = new Gauge({
    name: 'sms_clock_skew_seconds',
    help: 'Seconds that the clock of this host is ahead of the clock of Redis',
    registers: [registry],
    collect: async () => {
      const skew = await clockSkewMs(redis, now).catch(() => null)
      // The series is dropped, because 0 would be a false reading and NaN would make an average over processes NaN.
      if (skew === null) gauge.remove()
      else gauge.set(skew / 1000)
    },
  })
}
