import { Queue, Worker, type Job } from 'bullmq'
import { Value } from '@sinclair/typebox/value'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { createLogger } from '../../src/logger.ts'
import { readJob } from '../../src/queues/delivery-receipts.ts'
import { QUEUE_PREFIX } from '../../src/queues/queue-options.ts'
import {
  createSendQueue,
  EMAIL_QUEUE,
  jobOf,
  retryDelayMs,
  SendJob,
  SMS_QUEUE,
} from '../../src/queues/send-queue.ts'
import { connectRedis, StoreError } from '../../src/redis/connect.ts'
import { untilReady } from '../until-ready.ts'

const log = createLogger('test', 'silent')
/** This kind of connection waits longer for an answer than `producer`, so that a busy test machine causes no refusals. */
const KIND = 'operator'
const job = {
  v: 1,
  rid: `${'p'.repeat(22)}.${'r'.repeat(22)}`,
  scene: 'default',
  n: 1,
  to: '138****8000',
  segment: '138',
} as const
let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

describe('a job', () => {
  const { rid, scene, n } = job

  it('names a mainland number as in the versions before, and any other number by its calling code', () => {
    expect(jobOf({ rid, scene, n }, '+8613800138000')).toEqual(job)
    const foreign = jobOf({ rid, scene, n }, '+85291234567', { country: 'HK', locale: 'zh-HK' })
    expect(foreign).toEqual({
      ...job,
      to: '+852****4567',
      segment: '+852912',
      country: 'HK',
      locale: 'zh-HK',
    })
    for (const one of [job, foreign]) expect(Value.Check(SendJob, one)).toBe(true)
  })

  it('of a later version keeps its country and its locale', () => {
    const later = { ...job, country: 'HK', locale: 'en', v: 2, more: {} }
    expect(readJob(JSON.stringify(later))).toEqual({ ...job, country: 'HK', locale: 'en' })
  })

  it.each([
    { to: '+85291234567' },
    { to: '13800138000' },
    { segment: '+852912345' },
    { country: 'hk' },
    { locale: '../en' },
  ])('cannot have %j', (field) => {
    expect(Value.Check(SendJob, { ...job, ...field })).toBe(false)
  })
})

describe('the send queue', () => {
  it('holds a send once, however often it is added', async () => {
    const connection = connectRedis(server.url, KIND, log)
    await untilReady(connection)
    const queue = createSendQueue(connection, log)
    await Promise.all([queue.add(job), queue.add(job), queue.add(job)])
    const seen = new Queue<SendJob>(SMS_QUEUE, { connection, prefix: QUEUE_PREFIX })
    expect(await seen.getJobCounts('waiting')).toEqual({ waiting: 1 })
    expect((await seen.getJobs()).map(({ data }) => data)).toEqual([job])
    await Promise.all([seen.close(), queue.close()])
    connection.disconnect()
  })

  it.each([SMS_QUEUE, EMAIL_QUEUE])('gives the newest sends of "%s" to workers first', async (name) => {
    const own = await startRedis()
    const connection = connectRedis(own.url, 'worker', log)
    const producer = connectRedis(own.url, KIND, log)
    await untilReady(producer)
    const queue = createSendQueue(producer, log, name)
    const backlog = Array.from({ length: 300 }, (_, i) => i + 1)
    for (const n of backlog) await queue.add({ ...job, n })
    const order: number[] = []
    let worker: Worker<SendJob> | undefined
    await new Promise<void>((resolve) => {
      const take = async ({ data }: Job<SendJob>) => {
        order.push(data.n)
        // A send that arrives while the backlog is worked off.
        if (order.length === 1) await queue.add({ ...job, n: 301 })
        if (order.length === 301) resolve()
      }
      worker = new Worker<SendJob>(name, take, { connection, prefix: QUEUE_PREFIX })
    })
    expect(order).toEqual([300, 301, ...backlog.slice(0, -1).toReversed()])
    await Promise.all([worker?.close(), queue.close()])
    producer.disconnect()
    connection.disconnect()
    await own.stop()
  })

  it('fails at once if Redis was never reachable', async () => {
    const connection = connectRedis('redis://127.0.0.1:1', 'producer', log)
    const queue = createSendQueue(connection, log)
    await expect(queue.add(job)).rejects.toThrow(StoreError)
    connection.disconnect()
  })
})

describe('a send queue that was created while Redis was down', () => {
  it('accepts jobs as soon as Redis is up', async () => {
    const gone = await startRedis({ persistent: true })
    const { port, dir, url } = gone
    await gone.kill()
    const connection = connectRedis(url, 'producer', log)
    const queue = createSendQueue(connection, log)
    await expect(queue.add(job)).rejects.toThrow(StoreError)
    const back = await startRedis({ port, dir })
    await expect
      .poll(() =>
        queue.add(job).then(
          () => 'accepted',
          () => 'refused',
        ),
      )
      .toBe('accepted')
    await queue.close()
    connection.disconnect()
    await back.stop()
  })
})

describe('the delay before a retry', () => {
  it('is bounded, and all retries together last longer than the longest time to send', async () => {
    const connection = connectRedis(server.url, KIND, log)
    await untilReady(connection)
    const queue = createSendQueue(connection, log)
    await queue.add(job)
    const seen = new Queue<SendJob>(SMS_QUEUE, { connection, prefix: QUEUE_PREFIX })
    const { attempts = 0 } = (await seen.getJob(`${job.rid}.${job.n}`))?.opts ?? {}
    await Promise.all([seen.close(), queue.close()])
    connection.disconnect()
    const draw = vi.spyOn(Math, 'random')
    for (const [drawn, shortest, longest] of [
      [0, 280, 10_500],
      [0.999_999, 520, 19_500],
    ] as const) {
      draw.mockReturnValue(drawn)
      const delays = Array.from({ length: attempts - 1 }, (_, i) => retryDelayMs(i + 1))
      expect([Math.min(...delays), Math.max(...delays)]).toEqual([shortest, longest])
      // A life of 600 s, less the 30 s in which its user types the code.
      expect(delays.reduce((sum, delay) => sum + delay, 0)).toBeGreaterThan(570_000)
    }
    draw.mockRestore()
  })
})
