import { Registry } from 'prom-client'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { readGatewaysOff, switchOff, switchOn } from '@sms-codes/core/limits/gateways-off'
import { keys } from '@sms-codes/core/redis/keys'
import { connectRedis, type RedisClient } from '@sms-codes/core/redis/connect'
import { untilReady } from '@sms-codes/core/test/until-ready'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { followSwitches } from '../../src/gateways/operator-switch.ts'
import { log, readableLog } from '../worker.ts'

let server: RedisServer
let redis: RedisClient
beforeAll(async () => {
  server = await startRedis()
  redis = connectRedis(server.url, 'operator', log)
  await untilReady(redis)
})
beforeEach(() => redis.flushall())
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

async function follow(client = redis) {
  const registry = new Registry()
  const readable = readableLog()
  const gateways = ['ccp', 'aliyun']
  const switches = await followSwitches({ redis: client, gateways, registry, log: readable.log })
  const offMetrics = async () =>
    [...(await registry.metrics()).matchAll(/^sms_gateway_off\{gateway="(\w+)"\} 1$/gm)].map(
      ([, name]) => name,
    )
  return { ...switches, lines: () => readable.lines.map(({ level, msg }) => `${level}: ${msg}`), offMetrics }
}

it('a worker knows at its start which gateways are off, and follows each change with one line', async () => {
  await switchOff(redis, 'ccp', 0)
  await switchOff(redis, 'another', 0)
  const worker = await follow()
  expect([worker.isOff('ccp'), worker.isOff('aliyun')]).toEqual([true, false])
  expect(await worker.offMetrics()).toEqual(['ccp'])
  await switchOff(redis, 'aliyun', 60)
  await expect.poll(() => worker.isOff('aliyun')).toBe(true)
  await switchOn(redis, 'ccp')
  await expect.poll(() => worker.isOff('ccp')).toBe(false)
  expect(await worker.offMetrics()).toEqual(['aliyun'])
  expect(worker.lines()).toEqual([
    'warn: gateway switched off by an operator',
    'warn: gateway switched off by an operator',
    'info: gateway switched on again',
  ])
  worker.stop()
})

it('the time of --for ends by itself, by the clock of Redis', async () => {
  // Longer than a busy machine takes until the worker has read it.
  await switchOff(redis, 'ccp', 4)
  const worker = await follow()
  expect(worker.isOff('ccp')).toBe(true)
  await expect.poll(() => worker.isOff('ccp')).toBe(false)
  expect(worker.lines()).toHaveLength(2)
  expect(await redis.hexists(keys.gatewaysOff, 'ccp')).toBe(1)
  expect([...(await readGatewaysOff(redis))]).toEqual([])
  worker.stop()
})

it('while Redis is away a gateway stays off, and the state is read as soon as Redis is back', async () => {
  const first = await startRedis()
  const own = connectRedis(first.url, 'operator', log)
  await untilReady(own)
  await switchOff(own, 'ccp', 0)
  const worker = await follow(own)
  await first.kill()
  await expect.poll(() => own.status).not.toBe('ready')
  expect(worker.isOff('ccp')).toBe(true)
  // The new server has no data.
  const second = await startRedis({ port: first.port })
  await expect.poll(() => worker.isOff('ccp')).toBe(false)
  worker.stop()
  own.disconnect()
  await second.stop()
})
