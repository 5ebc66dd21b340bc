import { Gauge, type Registry } from 'prom-client'
import { asStoreError, type RedisClient } from './connect.ts'

/** The clock of Redis, in ms since 1970. @throws StoreError */
export async function redisClockMs(redis: RedisClient): Promise<number> {
  const [seconds, micros] = await asStoreError('time', redis.time())
  return Number(seconds) * 1000 + Number(micros) / 1000
}

/**
 * By how many milliseconds the clock of this host is ahead of Redis'. Codes live by the clock of Redis alone; receipts,
 * signatures of vendors and the delays of retries go by the host's.
 * @throws StoreError
 */
export async function clockSkewMs(redis: RedisClient, now = Date.now): Promise<number> {
  const asked = now()
  const theirs = await redisClockMs(redis)
  // The answer took half of the way there and back.
  return (asked + now()) / 2 - theirs
}

/** With more than this, vendors refuse our signatures and applications our receipts. */
const MOST_SKEW_MS = 60_000

/** @throws StoreError */
export const isClockFarOff = async (redis: RedisClient, now = Date.now): Promise<boolean> =>
  Math.abs(await clockSkewMs(redis, now)) > MOST_SKEW_MS

/** For a scrape; while Redis is away there is nothing to say. */
export function reportClockSkew(registry: Registry, redis: RedisClient, now = Date.now): void {
  const gauge = new Gauge({
    name: 'sms_clock_skew_seconds',
    help: 'By how much the clock of this host is ahead of the one of Redis',
    registers: [registry],
    collect: async () => {
      const skew = await clockSkewMs(redis, now).catch(() => null)
      // Not 0, which a reset would leave, and not NaN, which makes NaN of every average over processes.
      if (skew === null) gauge.remove()
      else gauge.set(skew / 1000)
    },
  })
}
