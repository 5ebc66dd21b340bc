import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { createLogger } from '../../src/logger.ts'
import { storeNotReady } from '../../src/process/readiness.ts'
import { connectRedis, type RedisClient } from '../../src/redis/connect.ts'
import { isKeyUsed, keyFaults } from '../../src/redis/key-faults.ts'
import { keys } from '../../src/redis/keys.ts'
import { faultsAtBoot } from '../../src/redis/server-faults.ts'
import { untilReady } from '../until-ready.ts'

let server: RedisServer
let redis: RedisClient
beforeAll(async () => {
  server = await startRedis()
  redis = connectRedis(server.url, 'operator', createLogger('test', 'silent'))
  await untilReady(redis)
})
beforeEach(() => redis.flushall())
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

const codeKey = (kid: string) => ({ kid, key: randomBytes(32) })
const [phoneKey, old, fresh] = [randomBytes(32), codeKey('old'), codeKey('new')]
const ring = (...codeKeys: (typeof old)[]) => ({ phoneKey, codeKeys })
const names = async () => Object.keys(await redis.hgetall(keys.fingerprints)).toSorted()

it('processes with the same keys, in any order and at any step of a rotation, have no fault', async () => {
  for (const one of [ring(old), ring(old, fresh), ring(fresh, old), ring(fresh), ring(old)])
    expect(await keyFaults(redis, one)).toEqual([])
  expect(await names()).toEqual(['CODE_KEYS new', 'CODE_KEYS old', 'PHONE_KEY'])
})

it('a fingerprint has eight bytes and contains no part of a key', async () => {
  await keyFaults(redis, ring(old))
  for (const stored of Object.values(await redis.hgetall(keys.fingerprints))) {
    expect(stored).toMatch(/^[0-9a-f]{16}$/)
    for (const key of [phoneKey, old.key]) expect(key.toString('hex')).not.toContain(stored)
  }
})

it('another PHONE_KEY and another key under a known id are faults of their variables', async () => {
  await keyFaults(redis, ring(old))
  const wrong = { phoneKey: randomBytes(32), codeKeys: [codeKey('old')] }
  expect(await keyFaults(redis, wrong)).toEqual([
    expect.stringMatching(/^PHONE_KEY: differs from the key of the other processes/),
    expect.stringMatching(/^CODE_KEYS: the other processes have another key under the id "old"/),
  ])
})

it('a process with a wrong key stores no fingerprint, so a key that is still unknown stays free', async () => {
  await keyFaults(redis, ring(old))
  await keyFaults(redis, { phoneKey: randomBytes(32), codeKeys: [fresh] })
  expect(await isKeyUsed(redis, 'new')).toBe(false)
  expect(await keyFaults(redis, ring(old, fresh))).toEqual([])
  expect(await isKeyUsed(redis, 'new')).toBe(true)
})

it('of two processes that are the first at once and have different keys, one finds the fault', async () => {
  const rings = [ring(old), { phoneKey: randomBytes(32), codeKeys: [codeKey('old')] }]
  const faults = await Promise.all(rings.map((one) => keyFaults(redis, one)))
  expect(faults).toContainEqual([])
  expect(faults.flat()).toHaveLength(2)
})

it('a command that only compares stores no fingerprint', async () => {
  expect(await keyFaults(redis, ring(old), false)).toEqual([])
  expect(await names()).toEqual([])
})

it('readiness names the variable, and gives a Redis that lost its data the fingerprints again', async () => {
  expect(await storeNotReady(redis, ring(old))).toBeNull()
  expect(await storeNotReady(redis, { ...ring(old), phoneKey: randomBytes(32) })).toMatch(/^PHONE_KEY: /)
  expect(await faultsAtBoot(redis, ring(codeKey('old')))).toEqual([expect.stringMatching(/^CODE_KEYS: /)])
  await redis.flushall()
  expect(await storeNotReady(redis, ring(old))).toBeNull()
  expect(await names()).toEqual(['CODE_KEYS old', 'PHONE_KEY'])
})
