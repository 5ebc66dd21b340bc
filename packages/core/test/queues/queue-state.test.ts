import { Queue } from 'bullmq'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { createLogger } from '../../src/logger.ts'
import { QUEUE_PREFIX } from '../../src/queues/queue-options.ts'
import {
  createAcceptanceMark,
  createDeliveryRemark,
  createQueueState,
  takeProbe,
} from '../../src/queues/queue-state.ts'
import { EMAIL_QUEUE, SMS_QUEUE } from '../../src/queues/send-queue.ts'
import { connectRedis, type RedisClient } from '../../src/redis/connect.ts'
import { keys } from '../../src/redis/keys.ts'
import { untilReady } from '../until-ready.ts'

const DAY_MS = 86_400_000
let server: RedisServer
let redis: RedisClient
let queue: Queue
let stateOf: ReturnType<typeof createQueueState>
beforeAll(async () => {
  server = await startRedis()
  redis = connectRedis(server.url, 'operator', createLogger('test', 'silent'))
  await untilReady(redis)
  queue = new Queue(SMS_QUEUE, { connection: redis, prefix: QUEUE_PREFIX })
  stateOf = createQueueState(redis)
})
afterEach(() => redis.flushall())
afterAll(async () => {
  await queue.close()
  redis.disconnect()
  await server.stop()
})

/** Ages are measured at this time, so that they do not depend on the speed of the test. */
const NOW = Date.now()
const state = () => stateOf(SMS_QUEUE, NOW)
const secondsAgo = (seconds: number) => NOW - seconds * 1000
/** Adds a job that was added so long ago, and moves it to a structure of BullMQ. */
async function add(where: 'wait' | 'active' | 'delayed', timestamp: number): Promise<void> {
  const options = { timestamp, ...(where === 'delayed' && { delay: 60_000 }) }
  const { id = '' } = await queue.add('send', {}, options)
  if (where === 'active') await redis.lmove(queue.toKey('wait'), queue.toKey('active'), 'LEFT', 'LEFT')
  if (where !== 'wait') await redis.hset(queue.toKey(id), 'ats', 1, 'atm', 1)
}

/** Marks that a gateway accepted a message so long ago. */
async function accept(agoMs: number): Promise<void> {
  createAcceptanceMark(redis, SMS_QUEUE).accepted()
  await expect.poll(() => redis.get(keys.accepted(SMS_QUEUE))).toBe('1')
  if (agoMs > 0) await redis.pexpire(keys.accepted(SMS_QUEUE), DAY_MS - agoMs)
}

describe('the state of a queue', () => {
  it('of an empty queue without an acceptance has no age', async () => {
    expect(await state()).toEqual({
      jobs: { waiting: 0, active: 0, delayed: 0, failed: 0 },
      isPaused: false,
      untakenMs: null,
      unacceptedMs: null,
      sends: 0,
      overdue: 0,
      stalledMs: 0,
    })
  })

  it.each(['wait', 'active', 'delayed'] as const)(
    'counts a send among the jobs in "%s" until it ends',
    async (where) => {
      for (const seconds of [10, 40, 20]) await add(where, secondsAgo(seconds))
      const untakenMs = where === 'wait' ? 40_000 : null
      expect(await state()).toMatchObject({ unacceptedMs: 40_000, untakenMs, sends: 3 })
    },
  )

  it('does not count ended jobs and missing jobs', async () => {
    await queue.add('send', {}, { jobId: 'ended', timestamp: secondsAgo(90) })
    await redis.lrem(queue.toKey('wait'), 0, 'ended')
    await redis.zadd(queue.toKey('failed'), 1, 'ended')
    await redis.lpush(queue.toKey('wait'), 'missing')
    expect(await state()).toMatchObject({ unacceptedMs: null, untakenMs: null, sends: 0, overdue: 0 })
    expect((await state()).jobs).toEqual({ waiting: 1, active: 0, delayed: 0, failed: 1 })
  })

  it('does not count sends that a worker left to other workers or to a later second', async () => {
    await add('delayed', secondsAgo(90))
    const [id = ''] = await redis.zrange(queue.toKey('delayed'), 0, '0')
    await redis.hdel(queue.toKey(id), 'atm')
    expect(await state()).toMatchObject({ unacceptedMs: null, sends: 0, stalledMs: 0 })
  })

  it('finds the oldest send at either end of a long list', async () => {
    const many = Array.from({ length: 300 }, () => ({ name: 'send', data: {} }))
    await add('wait', secondsAgo(50))
    await queue.addBulk(many.map((job) => ({ ...job, opts: { lifo: true } })))
    expect(await state()).toMatchObject({ untakenMs: 50_000, unacceptedMs: 50_000 })
    await redis.del(queue.toKey('wait'))
    await add('wait', secondsAgo(50))
    await queue.addBulk(many)
    expect(await state()).toMatchObject({ untakenMs: 50_000, unacceptedMs: 50_000 })
  })

  it('shows a pause', async () => {
    await queue.pause()
    expect((await state()).isPaused).toBe(true)
    await queue.resume()
    expect((await state()).isPaused).toBe(false)
  })

  it('has stalled for as long as sends have waited and no gateway has accepted any', async () => {
    await add('delayed', secondsAgo(40))
    expect((await state()).stalledMs).toBe(40_000)
    await accept(30_000)
    const { stalledMs } = await state()
    expect(stalledMs).toBeGreaterThanOrEqual(30_000)
    expect(stalledMs).toBeLessThan(40_000)
    await accept(60_000)
    expect((await state()).stalledMs).toBe(40_000)
  })

  it('stays stalled without sends after three sends were lost, until a gateway accepts one', async () => {
    await accept(12_000)
    for (const mark of ['0', '-1', '-2']) {
      expect((await state()).stalledMs).toBe(0)
      createAcceptanceMark(redis, SMS_QUEUE).lost()
      await expect.poll(() => redis.get(keys.accepted(SMS_QUEUE))).toBe(mark)
    }
    const { stalledMs } = await state()
    expect(stalledMs).toBeGreaterThanOrEqual(12_000)
    expect(stalledMs).toBeLessThan(60_000)
    await accept(0)
    expect((await state()).stalledMs).toBe(0)
  })

  it('stays stalled after lost sends if no gateway has ever accepted one', async () => {
    for (let n = 0; n < 3; n += 1) createAcceptanceMark(redis, SMS_QUEUE).lost()
    await expect.poll(async () => (await state()).stalledMs).toBe(DAY_MS)
  })
})

describe('the mark of an acceptance', () => {
  afterEach(() => vi.useRealTimers())

  it('is written by the next acceptance if Redis refused it', async () => {
    const mark = createAcceptanceMark(redis, SMS_QUEUE)
    await redis.config('SET', 'maxmemory', '1')
    mark.accepted()
    await expect.poll(() => redis.info('errorstats')).toContain('errorstat_OOM')
    await redis.config('SET', 'maxmemory', '0')
    mark.accepted()
    await expect.poll(() => redis.exists(keys.accepted(SMS_QUEUE))).toBe(1)
  })

  it('changes at once with the end of a send', async () => {
    const mark = createAcceptanceMark(redis, SMS_QUEUE)
    for (let n = 0; n < 3; n += 1) {
      mark.lost()
      mark.accepted()
    }
    await expect.poll(() => redis.get(keys.accepted(SMS_QUEUE))).toBe('1')
  })

  it('tells of the send that ended last, whichever worker marked it', async () => {
    // The pause between two marks of a worker ends when the test says so, and not while the test reads.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const [one, other] = [createAcceptanceMark(redis, SMS_QUEUE), createAcceptanceMark(redis, SMS_QUEUE)]
    one.accepted()
    other.lost()
    one.accepted()
    await redis.ping()
    expect(await redis.get(keys.accepted(SMS_QUEUE))).toBe('0')
    vi.advanceTimersByTime(1_000)
    await expect.poll(() => redis.get(keys.accepted(SMS_QUEUE))).toBe('1')
    other.lost()
    await redis.ping()
    expect(await redis.get(keys.accepted(SMS_QUEUE))).toBe('0')
  })

  it('is not changed after a loss by an acceptance that came before it', async () => {
    const mark = createAcceptanceMark(redis, SMS_QUEUE)
    const sets = async () => /cmdstat_set:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1]
    mark.accepted()
    mark.accepted()
    mark.lost()
    const before = await sets()
    // The pause after a mark of another process ends later than that of `mark`.
    const later = createAcceptanceMark(redis, EMAIL_QUEUE)
    later.accepted()
    later.accepted()
    await expect.poll(sets).toBe(String(Number(before) + 2))
    expect(await redis.get(keys.accepted(SMS_QUEUE))).toBe('0')
  })

  it('is written twice for 1,000 acceptances within a second, and then has the time of the last', async () => {
    const mark = createAcceptanceMark(redis, SMS_QUEUE)
    await redis.config('RESETSTAT')
    for (let n = 0; n < 1_000; n += 1) mark.accepted()
    const sets = async () => /cmdstat_set:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1]
    await expect.poll(sets).toBe('2')
    // The second mark comes about a second after the last acceptance, and it is read at once.
    expect(await redis.pttl(keys.accepted(SMS_QUEUE))).toBeLessThan(DAY_MS - 900)
  })
})

describe('probes', () => {
  it('pass once a second, however many requests there are', async () => {
    const taken = await Promise.all(Array.from({ length: 50 }, () => takeProbe(redis)))
    expect(taken.filter(Boolean)).toHaveLength(1)
    await expect.poll(() => takeProbe(redis)).toBe(true)
  })
})

describe('the remark for /readyz', () => {
  it('tells of a pause and of an outage of the gateways, and of nothing else', async () => {
    const remark = createDeliveryRemark(redis, 1)
    expect(await remark()).toBeNull()
    await add('delayed', Date.now())
    expect(await remark()).toBeNull()
    await add('active', secondsAgo(42))
    expect(await remark()).toMatch(/^no gateway has accepted a message for \d+ s$/)
    await accept(0)
    expect(await remark()).toBeNull()
    await queue.pause()
    expect(await remark()).toBe('the queue sms is paused')
  })

  it('tells of the shards that are paused, and of an outage that one shard shows', async () => {
    const remark = createDeliveryRemark(redis, 3)
    await add('active', secondsAgo(42))
    await redis.rename(queue.toKey('active'), '{sms-2}:sms-2:active')
    for (const key of await redis.keys(queue.toKey('*')))
      await redis.rename(key, key.replaceAll('sms', 'sms-2'))
    expect(await remark()).toMatch(/^no gateway has accepted a message for \d+ s$/)
    await redis.hset('{sms-0}:sms-0:meta', 'paused', 1)
    await redis.hset('{sms-2}:sms-2:meta', 'paused', 1)
    expect(await remark()).toBe('the queues sms-0, sms-2 are paused')
  })
})
