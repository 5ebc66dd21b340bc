import { clockSkewMs } from './clock-skew.ts'
import { probeWrites, serverFaults, type RedisClient } from './redis.ts'

/** With more than this, vendors refuse our signatures and applications our receipts. */
const MOST_SKEW_MS = 60_000

/** For `/readyz`: null when the store can be relied on, else the reason in a few words. */
export async function storeNotReady(redis: RedisClient, now = Date.now): Promise<string | null> {
  try {
    const [fault = null] = await serverFaults(redis)
    await probeWrites(redis)
    if (fault !== null) return fault
    const skew = await clockSkewMs(redis, now)
    if (Math.abs(skew) <= MOST_SKEW_MS) return null
    return `the clock of this host and that of Redis are ${Math.round(Math.abs(skew) / 1000)} s apart`
  } catch {
    return 'redis does not answer, or takes no writes'
  }
}
