import { createHash } from 'node:crypto'
import { Queue } from 'bullmq'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { createLogger } from '../../src/logger.ts'
import { chooseShard, createSmsQueue, leftoverQueues, smsQueues } from '../../src/queues/shards.ts'
import { queuesInUse } from '../../src/queues/watched-queues.ts'
import { connectRedis, probeWrites, type RedisClient } from '../../src/redis/connect.ts'
import { queueTag } from '../../src/redis/keys.ts'
import { untilReady } from '../until-ready.ts'

const log = createLogger('test', 'silent')
let server: RedisServer
let redis: RedisClient
beforeAll(async () => {
  server = await startRedis()
  redis = connectRedis(server.url, 'operator', log)
  await untilReady(redis)
})
afterEach(() => redis.flushall())
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

const pseudonym = (n: number) => createHash('sha256').update(`${n}`).digest('base64url').slice(0, 22)
const jobOf = (ph: string) => ({
  v: 1 as const,
  rid: `${ph}.${'r'.repeat(22)}`,
  scene: 'login',
  n: 1,
  to: '138****8000',
  segment: '138',
})
const open = (name: string) => new Queue(name, { connection: redis, prefix: queueTag(name) })

describe('the shards of the queue sms', () => {
  it('are the queue sms itself for one shard, and else numbered queues with a hash tag each', () => {
    expect(smsQueues(1)).toEqual(['sms'])
    expect(smsQueues(3)).toEqual(['sms-0', 'sms-1', 'sms-2'])
    expect(['sms', 'email', 'events', 'sms-2'].map(queueTag)).toEqual(['{sms}', '{sms}', '{sms}', '{sms-2}'])
  })

  it.each([2, 4, 7, 16])('get equally many of the phones (%s shards)', (shards) => {
    const phones = 8_000
    const sizes = new Map<string, number>()
    for (let n = 0; n < phones; n += 1) {
      const name = chooseShard(smsQueues(shards), pseudonym(n))
      sizes.set(name, (sizes.get(name) ?? 0) + 1)
    }
    expect([...sizes.keys()].toSorted()).toEqual(smsQueues(shards).toSorted())
    // Six standard deviations of a binomial distribution. The pseudonyms are the same in every run.
    const [mean, deviation] = [phones / shards, Math.sqrt((phones / shards) * (1 - 1 / shards))]
    for (const size of sizes.values()) expect(Math.abs(size - mean)).toBeLessThan(6 * deviation)
  })

  it('hold the job of a send once, in the shard of its phone, whichever process adds it', async () => {
    const producers = [createSmsQueue(redis, log, 4), createSmsQueue(redis, log, 4)]
    const phones = Array.from({ length: 20 }, (_, n) => pseudonym(n))
    for (const producer of producers) await Promise.all(phones.map((ph) => producer.add(jobOf(ph))))
    for (const name of smsQueues(4)) {
      const expected = phones.filter((ph) => chooseShard(smsQueues(4), ph) === name)
      const ids = await redis.lrange(`{${name}}:${name}:wait`, 0, -1)
      expect(ids.toSorted()).toEqual(expected.map((ph) => `${jobOf(ph).rid}.1`).toSorted())
      expect(ids.length).toBeGreaterThan(0)
    }
    await Promise.all(producers.map((producer) => producer.close()))
  })
})

describe('the queues in use', () => {
  it('contain a queue of another number of shards while it has jobs that have not ended', async () => {
    const [waiting, active, delayed, ended] = ['sms', 'sms-2', 'sms-9', 'sms-15'].map(open)
    await waiting?.add('send', {})
    await active?.add('send', {})
    await redis.lmove('{sms-2}:sms-2:wait', '{sms-2}:sms-2:active', 'LEFT', 'LEFT')
    await delayed?.add('send', {}, { delay: 60_000 })
    await ended?.add('send', {}, { jobId: 'ended-1' })
    await redis.lrem('{sms-15}:sms-15:wait', 0, 'ended-1')
    await redis.zadd('{sms-15}:sms-15:failed', 1, 'ended-1')
    expect(await leftoverQueues(redis, 2)).toEqual(['sms', 'sms-2', 'sms-9'])
    expect(await leftoverQueues(redis, 4)).toEqual(['sms', 'sms-9'])
    expect(await queuesInUse(redis, 1)).toEqual(['sms', 'sms-2', 'sms-9', 'email', 'events'])
    for (const queue of [waiting, active, delayed, ended]) await queue?.close()
  })
})

it('a process probes the hash tag of each of its shards for writes', async () => {
  await probeWrites(redis, smsQueues(2))
  expect((await redis.keys('*probe')).toSorted()).toEqual([
    'sms:{gate}:probe',
    '{sms-0}:probe',
    '{sms-1}:probe',
    '{sms}:probe',
  ])
})
