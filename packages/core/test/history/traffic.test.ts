import { setTimeout as sleep } from 'node:timers/promises'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { startRedisCluster } from '@sms-codes/test-servers/redis-cluster'
import { answersToCorrect, createTraffic, readLastAnswers, readTraffic } from '../../src/history/traffic.ts'
import { createLogger } from '../../src/logger.ts'
import { connectRedis, type RedisClient } from '../../src/redis/connect.ts'
import { keys } from '../../src/redis/keys.ts'
import { untilReady } from '../until-ready.ts'

const MINUTE_MS = 60_000
const silent = createLogger('test', 'silent')

let server: RedisServer
let redis: Redis
beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(server.url)
})
beforeEach(async () => {
  await redis.flushall()
  await redis.config('RESETSTAT')
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

const currentMinute = () => Math.floor(Date.now() / MINUTE_MS)
/** Waits for the next minute if the current one ends within 5 s. */
const enterMinute = async () => {
  const leftMs = MINUTE_MS - (Date.now() % MINUTE_MS)
  if (leftMs < 5_000) await sleep(leftMs + 10)
}
/** A process whose clock is so many minutes behind. */
const processAt = (minutesAgo: number, client: RedisClient = redis) =>
  createTraffic(client, silent, () => Date.now() - minutesAgo * MINUTE_MS)

/** Two processes count on a server. Answers what is then read. */
async function countTwice(client: RedisClient) {
  const processes = [processAt(0, client), processAt(0, client)]
  for (const { count, answered } of processes) {
    count('accepted', 'default', '')
    count('sent', 'default', 'ccp')
    count('sent', 'login', 'ccp')
    count('failed', 'default', 'late')
    answered('ccp', 'accepted', '000000')
  }
  await Promise.all(processes.map(({ flush }) => flush()))
  const answers = await readLastAnswers(client)
  const counts = await readTraffic(client, 1)
  return {
    counts: counts.map(({ what, scene, by, count }) => [what, scene, by, count].join(' ')).toSorted(),
    answers: answers.map(({ gateway, class: cls, code }) => [gateway, cls, code].join(' ')),
  }
}
const COUNTED_TWICE = {
  counts: ['accepted default  2', 'failed default late 2', 'sent default ccp 2', 'sent login ccp 2'],
  answers: ['ccp accepted 000000'],
}

describe('the counts of the traffic', () => {
  it('of several processes add up, by scene and by gateway or reason', async () => {
    expect(await countTwice(redis)).toEqual(COUNTED_TWICE)
  })

  it('can be written and read on a Cluster', async () => {
    const nodes = await startRedisCluster()
    const cluster = new Cluster(nodes.ports.map((port) => ({ host: '127.0.0.1', port })))
    await untilReady(cluster)
    expect(await countTwice(cluster)).toEqual(COUNTED_TWICE)
    cluster.disconnect()
    await nodes.stop()
  })

  it('are written within seconds without a call for it, in one batch for all that was counted meanwhile', async () => {
    const now = Date.now()
    const { count } = createTraffic(redis, silent, () => now)
    for (let i = 0; i < 1_000; i += 1) count('sent', 'default', 'ccp')
    await expect.poll(() => readTraffic(redis, 1)).toMatchObject([{ count: 1_000 }])
    const stats = await redis.info('commandstats')
    // One for the minute and one for the hour.
    expect(/^cmdstat_hincrby:calls=([0-9]+)/m.exec(stats)?.[1]).toBe('2')
  })

  it('belong to the minute in which they were counted, also if they are written in the next one', async () => {
    let clock = currentMinute() * MINUTE_MS - 1
    const { count, flush } = createTraffic(redis, silent, () => clock)
    count('sent', 'default', 'ccp')
    clock += 1
    count('sent', 'default', 'ccp')
    count('sent', 'default', 'ccp')
    await flush()
    const minutes = [1, 0].map((ago) => redis.hgetall(keys.traffic(clock / MINUTE_MS - ago)))
    expect(await Promise.all(minutes)).toEqual([{ 'sent default ccp': '1' }, { 'sent default ccp': '2' }])
  })

  it('of the current minute and of so many minutes before it are read, up to a day', async () => {
    await enterMinute()
    for (const ago of [0, 5, 6, 60, 61, 1_440, 1_441]) {
      const { count, flush } = processAt(ago)
      count('verified', 'default', 'ccp')
      await flush()
    }
    const sums = await Promise.all([5, 60, 1_440].map((minutes) => readTraffic(redis, minutes)))
    expect(sums.map(([sum]) => sum?.count)).toEqual([2, 4, 6])
  })

  it('of a day are read from a few dozen keys', async () => {
    expect(await readTraffic(redis, 1_440)).toEqual([])
    const stats = await redis.info('commandstats')
    expect(Number(/^cmdstat_hgetall:calls=([0-9]+)/m.exec(stats)?.[1])).toBeLessThanOrEqual(59 + 25)
  })

  it('are kept for 25 hours', async () => {
    const { count, flush } = processAt(0)
    count('sent', 'default', 'ccp')
    await flush()
    const names = await redis.keys(keys.traffic(0).replace('0', '*'))
    const lives = await Promise.all(names.map((name) => redis.pttl(name)))
    expect(lives.map((ms) => Math.round(ms / MINUTE_MS))).toEqual([25 * 60, 25 * 60])
  })

  it('are not lost when a process stops: a flush waits for the write that is under way', async () => {
    const { count, flush } = processAt(0)
    count('sent', 'default', 'ccp')
    void flush()
    count('sent', 'default', 'ccp')
    await flush()
    expect(await readTraffic(redis, 1)).toMatchObject([{ count: 2 }])
  })

  it('that cannot be written are lost, which is logged once per outage', async () => {
    const lines: string[] = []
    const log = createLogger('test', 'warn', { write: (line: string) => void lines.push(line) })
    const client = connectRedis(server.url, 'operator', silent)
    await untilReady(client)
    const { count, flush } = createTraffic(client, log)
    for (const maxmemory of ['1', '1', '0', '1', '0']) {
      await redis.config('SET', 'maxmemory', maxmemory)
      count('sent', 'default', 'ccp')
      await flush()
    }
    expect(lines.map((line) => line.includes('counts of the traffic not written'))).toEqual([true, true])
    expect(await readTraffic(redis, 1)).toMatchObject([{ count: 2 }])
    client.disconnect()
    count('sent', 'default', 'ccp')
    await flush()
    expect(lines).toHaveLength(3)
  })
})

describe('the last answers of a gateway', () => {
  it('are its newest acceptance and its newest refusal, newest first', async () => {
    const early = processAt(2)
    early.answered('ccp', 'accepted', '000000')
    const { answered, flush } = processAt(0)
    const between = processAt(1)
    between.answered('aliyun', 'config', 'isv.OUT_OF_SERVICE')
    await Promise.all([early.flush(), between.flush()])
    answered('ccp', 'number', '160040')
    answered('ccp', 'config', '172 001')
    await flush()
    const answers = await readLastAnswers(redis)
    expect(answers).toMatchObject([
      { gateway: 'ccp', class: 'config', code: '172 001' },
      { gateway: 'aliyun', class: 'config', code: 'isv.OUT_OF_SERVICE' },
      { gateway: 'ccp', class: 'accepted', code: '000000' },
    ])
    expect(answers.map(({ at }) => Math.round((Date.now() - at) / MINUTE_MS))).toEqual([0, 1, 2])
  })

  it('are left out after 25 hours, as of a gateway that was removed', async () => {
    for (const [gateway, minutesAgo] of [
      ['removed', 25 * 60 + 1],
      ['ccp', 25 * 60 - 1],
    ] as const) {
      const { answered, flush } = processAt(minutesAgo)
      answered(gateway, 'accepted', '000000')
      await flush()
    }
    expect(await readLastAnswers(redis)).toMatchObject([{ gateway: 'ccp' }])
  })

  it('need a correction if the newest one shows a wrong account or template in the last ten minutes', () => {
    const answer = (gateway: string, cls: string, ageSeconds: number) => ({ gateway, class: cls, ageSeconds })
    const answers = [
      answer('aliyun', 'template', 1),
      answer('mended', 'accepted', 2),
      answer('mended', 'config', 3),
      answer('ccp', 'config', 600),
      answer('tencent', 'number', 600),
      answer('old', 'config', 601),
    ]
    expect(answersToCorrect(answers).map(({ gateway }) => gateway)).toEqual(['aliyun', 'ccp'])
  })
})
