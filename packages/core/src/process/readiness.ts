import { isClockFarOff } from '../redis/clock-skew.ts'
import { probeWrites, type RedisClient } from '../redis/connect.ts'
import { serverFaults } from '../redis/server-faults.ts'

/** For `/readyz`: null if Redis answers, accepts writes and has no server fault, else the reason in a few words. */
export async function storeNotReady(redis: RedisClient, now = Date.now): Promise<string | null> {
  try {
    const [fault = null] = await serverFaults(redis)
    await probeWrites(redis)
    if (fault !== null) return fault
    return (await isClockFarOff(redis, now)) ? 'the clocks of this host and of Redis are far apart' : null
  } catch {
    return 'redis does not answer, or takes no writes'
  }
}
