import { Registry } from 'prom-client'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { createLogger } from '../../src/logger.ts'
import { policyFingerprints } from '../../src/process/fingerprints.ts'
import { readProcesses, reportPolicies, startHeartbeat } from '../../src/process/heartbeat.ts'
import { connectRedis, type RedisClient } from '../../src/redis/connect.ts'
import { keyFingerprints } from '../../src/redis/key-faults.ts'
import { keys } from '../../src/redis/keys.ts'
import { loadPolicy } from '../policy-file.ts'
import { newKeys } from '../store.ts'
import { untilReady } from '../until-ready.ts'

const log = createLogger('test', 'silent')
let server: RedisServer
let redis: RedisClient
beforeAll(async () => {
  server = await startRedis()
  redis = connectRedis(server.url, 'operator', log)
  await untilReady(redis)
})
beforeEach(() => redis.flushall())
afterEach(() => vi.useRealTimers())
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

const told = (policy: Record<string, string> = {}) => ({
  app: 'worker' as const,
  version: '1.0.0',
  gateways: ['ccp'],
  policy,
  keys: {},
})

/** Writes the entry of a process whose last beat is so many ms ago. */
async function writeEntry(id: string, agoMs: number, differing: object = {}): Promise<void> {
  const [seconds = ''] = await redis.time()
  const seenAt = Number(seconds) * 1000 - agoMs
  const entry = { id, ...told(), host: 'h', pid: 1, startedAt: 1, seenAt, ...differing }
  await redis.hset(keys.processes, id, JSON.stringify(entry))
}

/** Starts a heartbeat, and lets it beat for another 15 s by its own clock. */
async function beatFor15s() {
  vi.useFakeTimers({ toFake: ['setInterval', 'performance'] })
  const heartbeat = await startHeartbeat(redis, told(), log)
  const before = await redis.hkeys(keys.processes)
  vi.advanceTimersByTime(15_000)
  await heartbeat.stop()
  return { before, after: await redis.hkeys(keys.processes) }
}

it('a process is read from its first beat until it stops', async () => {
  const heartbeat = await startHeartbeat(redis, told({ codes: 'aa' }), log)
  const [entry, ...others] = await readProcesses(redis)
  expect(others).toEqual([])
  expect(entry).toMatchObject({ ...told({ codes: 'aa' }), pid: process.pid })
  expect(heartbeat.processes()).toEqual([entry])
  await heartbeat.stop()
  expect(await readProcesses(redis)).toEqual([])
})

it('an entry without a beat for 15 s is not read, and another process removes it 15 s later', async () => {
  await writeEntry('gone', 16_000)
  await writeEntry('alive', 2_000)
  expect((await readProcesses(redis)).map(({ id }) => id)).toEqual(['alive'])
  const { before, after } = await beatFor15s()
  expect(before).toContain('gone')
  expect(after).toEqual(['alive'])
})

it('an entry of another version is ignored, and stays as long as its process beats', async () => {
  await writeEntry('newer', 2_000, { app: 'gateway' })
  await writeEntry('gone', 16_000, { app: 'gateway' })
  expect(await readProcesses(redis)).toEqual([])
  expect((await beatFor15s()).after).toEqual(['newer'])
})

it.each(['no JSON', '{}', 'null', '[]', '{"id":1}'])(
  'an entry that is %s is ignored and removed',
  async (text) => {
    await redis.hset(keys.processes, 'strange', text)
    expect(await readProcesses(redis)).toEqual([])
    expect((await beatFor15s()).after).toEqual([])
  },
)

it('after each outage no process removes the entry of another one, which beats at the same moment', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'performance'] })
  const all = Array.from({ length: 12 }, () => connectRedis(server.url, 'operator', log))
  await Promise.all(all.map((one) => untilReady(one)))
  const heartbeats = await Promise.all(all.map((one) => startHeartbeat(one, told(), log)))
  // From now on, a process beats only when its connection is back.
  vi.clearAllTimers()
  for (let outage = 0; outage < 6; outage += 1) {
    for (const [id, text] of Object.entries(await redis.hgetall(keys.processes)))
      await redis.hset(keys.processes, id, text.replace(/"seenAt":\d+/, `"seenAt":${Date.now() - 20_000}`))
    vi.advanceTimersByTime(20_000)
    await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await expect.poll(async () => (await readProcesses(redis)).length).toBe(12)
  }
  await Promise.all(heartbeats.map((one) => one.stop()))
  for (const one of all) one.disconnect()
})

it('an entry contains no key and no value of the policy', async () => {
  const ring = newKeys()
  const policy = loadPolicy({
    test_numbers: { numbers: [{ mobile: '+8613800000001', code: '135790', until: '2999-01-01' }] },
    web_otp_domain: 'codes.shop.example',
  })
  const prints = { policy: policyFingerprints(policy), keys: keyFingerprints(ring) }
  const heartbeat = await startHeartbeat(redis, { ...told(), ...prints }, log)
  const [text = ''] = await redis.hvals(keys.processes)
  expect(await readProcesses(redis)).toEqual([expect.objectContaining(prints)])
  expect(Object.keys(prints.keys)).toEqual(['PHONE_KEY', 'CODE_KEYS k1'])
  for (const key of [ring.phoneKey, ...ring.codeKeys.map(({ key: one }) => one)])
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      expect(text).not.toContain(key.toString(encoding))
  // A fingerprint, a time and the name of a host may have the digits of the code by chance.
  expect(text).not.toMatch(/13800000001|(?<![0-9A-Za-z])135790(?![0-9A-Za-z])|shop/)
  await heartbeat.stop()
})

it('a process starts while Redis is away, and its entry is there as soon as Redis is back', async () => {
  const first = await startRedis()
  const own = connectRedis(first.url, 'operator', log)
  await untilReady(own)
  await first.kill()
  const registry = new Registry()
  const heartbeat = await startHeartbeat(own, told({ codes: 'aa' }), log)
  reportPolicies(registry, heartbeat)
  expect(heartbeat.processes()).toBeNull()
  expect(await registry.metrics()).not.toMatch(/^sms_policies/m)
  const second = await startRedis({ port: first.port })
  await expect.poll(() => heartbeat.processes()?.length).toBe(1)
  expect(await readProcesses(own)).toHaveLength(1)
  expect(await registry.metrics()).toMatch(/^sms_policies 1$/m)
  await second.kill()
  await heartbeat.stop()
  own.disconnect()
})

it('sms_policies counts the different policies among the running processes', async () => {
  const metricOf = async (policy: Record<string, string>) => {
    const registry = new Registry()
    const heartbeat = await startHeartbeat(redis, told(policy), log)
    reportPolicies(registry, heartbeat)
    const [, value] = /^sms_policies (\d+)$/m.exec(await registry.metrics()) ?? []
    return { value, heartbeat }
  }
  const all = [await metricOf({ codes: 'a' }), await metricOf({ codes: 'a' }), await metricOf({ codes: 'b' })]
  expect(all.map(({ value }) => value)).toEqual(['1', '1', '2'])
  await Promise.all(all.map(({ heartbeat }) => heartbeat.stop()))
})
