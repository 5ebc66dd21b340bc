import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { emptyRedis } from '@sms-codes/bench/empty-redis'
import { copyWaitingJob } from '@sms-codes/bench/parts/fill-queue'
import { passHour, readKeys } from '@sms-codes/bench/parts/storage'
import { countCommands, readRedis } from '@sms-codes/bench/redis-figures'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'

let server: RedisServer
let redis: Redis

beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(server.url, { maxRetriesPerRequest: null })
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})
beforeEach(async () => {
  await redis.flushall('SYNC')
})

describe('the figures of Redis', () => {
  it('count scripts, and not the commands inside them', async () => {
    const before = await readRedis(redis)
    const stop = await countCommands(redis)
    for (const key of ['a', 'b']) await redis.eval("return redis.call('SET', KEYS[1], 1)", 1, key)
    await redis.get('a')
    await expect.poll(() => stop().get('get')).toBe(1)
    const after = await readRedis(redis)
    expect(after.scripts - before.scripts).toBe(2)
    expect(after.cpuSeconds).toBeGreaterThan(before.cpuSeconds)
    expect(stop().get('eval')).toBe(2)
    expect(stop().has('set')).toBe(false)
  })

  it('leave out the keys that expire within an hour, and name those with a member for each code', async () => {
    await redis.set('soon', 1, 'EX', 3_600)
    await redis.set('tomorrow', 1, 'EX', 86_400)
    await redis.zadd('all', 1, 1, 2, 2, 3, 3)
    const { bytes, bytesAfterAnHour, growing } = await readKeys(redis, 3)
    expect(growing).toEqual(['all'])
    await passHour(redis)
    expect((await redis.keys('*')).toSorted()).toEqual(['all', 'tomorrow'])
    expect((await readKeys(redis, 3)).bytes).toBe(bytesAfterAnHour)
    expect(bytes).toBeGreaterThan(bytesAfterAnHour)
  })

  it('count a key of half a day half, and do not depend on the size of the hash tables', async () => {
    const fill = async (from: number, to: number) => {
      for (let i = from; i < to; i++) await redis.set(`key-${1_000 + i}`, 'text', 'EX', 43_200)
    }
    await fill(0, 60)
    const few = await readKeys(redis, 1_000)
    // The tables double from 64 to 128 slots.
    await fill(60, 70)
    const more = await readKeys(redis, 1_000)
    expect(more.bytes / 70).toBe(few.bytes / 60)
    expect(more.bytesOnAverage / more.bytes).toBeCloseTo(0.5, 2)
  })

  it('begin with an empty Redis that keeps the settings of its queues', async () => {
    await redis.hset('{sms}:sms-1:meta', 'opts.maxLenEvents', 1_000)
    await redis.set('other', 1)
    await emptyRedis(redis)
    expect(await redis.keys('*')).toEqual(['{sms}:sms-1:meta'])
    expect(await redis.hgetall('{sms}:sms-1:meta')).toEqual({ 'opts.maxLenEvents': '1000' })
  })
})

describe('the copies of a waiting job', () => {
  it('are jobs that a worker takes after the jobs that were added later', async () => {
    const options = { connection: redis, prefix: '{bench}' }
    const queue = new Queue('copies', options)
    await queue.add('send', { name: 'copied' }, { lifo: true })
    await copyWaitingJob(redis, '{bench}:copies', 3)
    await queue.add('send', { name: 'measured' }, { lifo: true })
    const names: string[] = []
    const take = async ({ data }: { data: { name: string } }) => void names.push(data.name)
    const connection = redis.duplicate()
    const worker = new Worker<{ name: string }>('copies', take, { ...options, connection })
    await expect.poll(() => names).toEqual(['measured', 'copied', 'copied', 'copied', 'copied'])
    await worker.close()
    await queue.close()
    connection.disconnect()
  })
})
