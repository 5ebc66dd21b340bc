import { once } from 'node:events'
import { Queue } from 'bullmq'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { createLogger } from '../../src/logger.ts'
import { QUEUE_PREFIX } from '../../src/queues/queue-options.ts'
import {
  createAcceptanceMark,
  createDeliveryRemark,
  createQueueState,
  stalledMs,
  takeProbe,
} from '../../src/queues/queue-state.ts'
import { CHECK, SMS_QUEUE } from '../../src/queues/send-queue.ts'
import { connectRedis, type RedisClient } from '../../src/redis/connect.ts'
import { keys } from '../../src/redis/keys.ts'

const HOUR_MS = 3_600_000
let server: RedisServer
let redis: RedisClient
let queue: Queue
let stateOf: ReturnType<typeof createQueueState>
beforeAll(async () => {
  server = await startRedis()
  redis = connectRedis(server.url, 'commands', createLogger('test', 'silent'))
  await once(redis, 'ready')
  queue = new Queue(SMS_QUEUE, { connection: redis, prefix: QUEUE_PREFIX })
  stateOf = createQueueState(redis)
})
afterEach(() => redis.flushall())
afterAll(async () => {
  await queue.close()
  redis.disconnect()
  await server.stop()
})

const state = () => stateOf(SMS_QUEUE)
const secondsAgo = (seconds: number) => Date.now() - seconds * 1000
/** Adds a job that was added so long ago, and moves it to a structure of BullMQ. */
async function add(where: 'wait' | 'active' | 'delayed', timestamp: number, name = 'send'): Promise<void> {
  const options = { timestamp, ...(where === 'delayed' && { delay: 60_000 }) }
  const { id = '' } = await queue.add(name, {}, options)
  if (where === 'active') await redis.lmove(queue.toKey('wait'), queue.toKey('active'), 'LEFT', 'LEFT')
  if (where !== 'wait') await redis.hset(queue.toKey(id), 'ats', 1)
}

describe('the state of a queue', () => {
  it('of an empty queue without an acceptance has no age', async () => {
    expect(await state()).toEqual({
      isPaused: false,
      untakenSince: null,
      unacceptedSince: null,
      sends: 0,
      acceptedAgoMs: HOUR_MS,
    })
    expect(stalledMs(await state())).toBe(0)
  })

  it.each(['wait', 'active', 'delayed'] as const)(
    'counts a send among the jobs in "%s" until it ends',
    async (where) => {
      const added = secondsAgo(40)
      await add(where, secondsAgo(10))
      await add(where, added)
      await add(where, secondsAgo(20))
      const untakenSince = where === 'wait' ? added : null
      expect(await state()).toMatchObject({ unacceptedSince: added, untakenSince, sends: 3 })
    },
  )

  it('does not count checks, ended jobs and missing jobs', async () => {
    for (const where of ['wait', 'active', 'delayed'] as const) await add(where, secondsAgo(90), CHECK)
    await queue.add('send', {}, { jobId: 'ended', timestamp: secondsAgo(90) })
    await redis.lrem(queue.toKey('wait'), 0, 'ended')
    await redis.zadd(queue.toKey('failed'), 1, 'ended')
    await redis.lpush(queue.toKey('wait'), 'missing')
    expect(await state()).toMatchObject({ unacceptedSince: null, untakenSince: null, sends: 0 })
  })

  it('finds the oldest send at either end of a long list', async () => {
    const added = secondsAgo(50)
    const many = Array.from({ length: 300 }, () => ({ name: 'send', data: {} }))
    await add('wait', added)
    await queue.addBulk(many.map((job) => ({ ...job, opts: { lifo: true } })))
    expect(await state()).toMatchObject({ untakenSince: added, unacceptedSince: added })
    await redis.del(queue.toKey('wait'))
    await add('wait', added)
    await queue.addBulk(many)
    expect(await state()).toMatchObject({ untakenSince: added, unacceptedSince: added })
  })

  it('shows a pause', async () => {
    await queue.pause()
    expect((await state()).isPaused).toBe(true)
    await queue.resume()
    expect((await state()).isPaused).toBe(false)
  })

  it('shows how long no gateway has accepted a message, by the clock of Redis', async () => {
    await add('delayed', secondsAgo(40))
    expect(stalledMs(await state())).toBeGreaterThanOrEqual(40_000)
    createAcceptanceMark(redis, SMS_QUEUE)()
    await expect.poll(() => redis.exists(keys.accepted(SMS_QUEUE))).toBe(1)
    await redis.pexpire(keys.accepted(SMS_QUEUE), HOUR_MS - 30_000)
    const { acceptedAgoMs } = await state()
    expect(acceptedAgoMs).toBeGreaterThanOrEqual(30_000)
    expect(acceptedAgoMs).toBeLessThan(40_000)
    expect(stalledMs(await state())).toBeLessThan(40_000)
  })
})

describe('the mark of an acceptance', () => {
  it('is written by the first of many acceptances, and again if Redis did not take it', async () => {
    const mark = createAcceptanceMark(redis, SMS_QUEUE)
    await redis.config('RESETSTAT')
    for (let n = 0; n < 100; n += 1) mark()
    await expect.poll(() => redis.exists(keys.accepted(SMS_QUEUE))).toBe(1)
    expect(await redis.info('commandstats')).toContain('cmdstat_set:calls=1,')
  })
})

describe('probes', () => {
  it('pass once a second, however many requests there are', async () => {
    const taken = await Promise.all(Array.from({ length: 50 }, () => takeProbe(redis)))
    expect(taken.filter(Boolean)).toHaveLength(1)
    await expect.poll(() => takeProbe(redis), { timeout: 5_000 }).toBe(true)
  })
})

describe('the remark for /readyz', () => {
  it('tells of a pause and of an outage of the gateways, and of nothing else', async () => {
    const remark = createDeliveryRemark(redis)
    expect(await remark()).toBeNull()
    await add('delayed', secondsAgo(12))
    expect(await remark()).toBeNull()
    await add('active', secondsAgo(42))
    expect(await remark()).toMatch(/^no gateway has accepted a message for 4[2-9] s$/)
    createAcceptanceMark(redis, SMS_QUEUE)()
    await expect.poll(remark).toBeNull()
    await queue.pause()
    expect(await remark()).toBe('the queue sms is paused')
  })
})
