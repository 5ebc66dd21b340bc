import { redisClockMs } from '../redis/clock-skew.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { keys } from '../redis/keys.ts'

/**
 * Reads the gateways that operators have switched off. The value is the time until which the gateway is off, in ms since
 * 1970 by the clock of Redis, or 0 without an end. @throws StoreError
 */
export async function readGatewaysOff(redis: RedisClient): Promise<Map<string, number>> {
  const [now, all] = await Promise.all([
    redisClockMs(redis),
    asStoreError('gateways off', redis.hgetall(keys.gatewaysOff)),
  ])
  const ends = Object.entries(all).map(([gateway, until]) => [gateway, Number(until)] as const)
  // An entry that has ended stays in Redis until the next change of its gateway.
  return new Map(ends.filter(([, until]) => until === 0 || until > now))
}

/** Switches a gateway off for all workers, without an end if `seconds` is 0. @throws StoreError */
export async function switchOff(redis: RedisClient, gateway: string, seconds: number): Promise<void> {
  const until = seconds === 0 ? 0 : Math.ceil((await redisClockMs(redis)) + seconds * 1000)
  await asStoreError('gateway off', redis.hset(keys.gatewaysOff, gateway, until))
}

/** Switches a gateway on again for all workers. @throws StoreError */
export async function switchOn(redis: RedisClient, gateway: string): Promise<void> {
  await asStoreError('gateway on', redis.hdel(keys.gatewaysOff, gateway))
}
