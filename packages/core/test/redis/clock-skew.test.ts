import { Gauge, Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { clockSkewMs, reportClockSkew } from '../../src/redis/clock-skew.ts'
import { createLogger } from '../../src/logger.ts'
import { storeNotReady } from '../../src/process/readiness.ts'
import { newKeys } from '../store.ts'
import { connectRedis, StoreError, type RedisClient } from '../../src/redis/connect.ts'
import { untilReady } from '../until-ready.ts'

const someKeys = newKeys()
let server: RedisServer
let redis: RedisClient
beforeAll(async () => {
  server = await startRedis()
  redis = connectRedis(server.url, 'operator', createLogger('test', 'silent'))
  await untilReady(redis)
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

/** A host clock that is ahead of Redis. */
const ahead = (seconds: number) => () => Date.now() + seconds * 1000

describe('the clock of the host', () => {
  it.each([0, 45, -45])('is measured as %i s ahead of the clock of Redis', async (seconds) => {
    const registry = new Registry()
    reportClockSkew(registry, redis, ahead(seconds))
    const began = performance.now()
    const skewMs = await clockSkewMs(redis, ahead(seconds))
    const [, value] = /^sms_clock_skew_seconds (\S+)$/m.exec(await registry.metrics()) ?? []
    // A measurement is wrong by half of its duration at most.
    const errorSeconds = 0.5 + (performance.now() - began) / 2_000
    expect(Math.abs(skewMs / 1000 - seconds)).toBeLessThan(errorSeconds)
    expect(Math.abs(Number(value) - seconds)).toBeLessThan(errorSeconds)
    expect(await storeNotReady(redis, someKeys, [], ahead(seconds))).toBeNull()
  })

  it.each([90, -90])('makes the process not ready when it is %i s ahead, with a reason', async (seconds) => {
    expect(await storeNotReady(redis, someKeys, [], ahead(seconds))).toBe(
      'the clocks of this host and of Redis are far apart',
    )
  })

  it('has no reading while Redis is down, and the other metrics are still reported', async () => {
    const other = await startRedis()
    const log = createLogger('test', 'silent')
    const connection = connectRedis(other.url, 'operator', log)
    await untilReady(connection)
    const registry = new Registry()
    new Gauge({ name: 'another', help: 'one', registers: [registry] }).set(1)
    reportClockSkew(registry, connection)
    expect(await registry.metrics()).toMatch(/^sms_clock_skew_seconds \S+$/m)
    await other.kill()
    await expect(clockSkewMs(connection)).rejects.toThrow(StoreError)
    const whileDown = await registry.metrics()
    expect(whileDown).not.toMatch(/^sms_clock_skew_seconds/m)
    expect(whileDown).toContain('another 1')
    const back = await startRedis({ port: other.port })
    await expect.poll(() => registry.metrics()).toMatch(/^sms_clock_skew_seconds \S+$/m)
    connection.disconnect()
    await back.stop()
  })
})
