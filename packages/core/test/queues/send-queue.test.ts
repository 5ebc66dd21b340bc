import { Queue, UnrecoverableError, Worker, type Job } from 'bullmq'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { createLogger } from '../../src/logger.ts'
import { QUEUE_PREFIX } from '../../src/queues/queue-options.ts'
import { createSendQueue, retryDelayMs, SMS_QUEUE, type SendJob } from '../../src/queues/send-queue.ts'
import { connectRedis, StoreError } from '../../src/redis/connect.ts'

const log = createLogger('test', 'silent')
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

describe('the send queue', () => {
  it('takes a send once, however often it is added', async () => {
    const connection = connectRedis(server.url, 'producer', log)
    await once(connection, 'ready')
    const queue = createSendQueue(connection, log)
    await Promise.all([queue.add(job), queue.add(job), queue.add(job)])
    const seen = new Queue<SendJob>(SMS_QUEUE, { connection, prefix: QUEUE_PREFIX })
    expect(await seen.getJobCounts('waiting')).toEqual({ waiting: 1 })
    expect((await seen.getJobs()).map(({ data }) => data)).toEqual([job])
    await Promise.all([seen.close(), queue.close()])
    connection.disconnect()
  })

  it('says at once that Redis is away, also when it never was there', async () => {
    const connection = connectRedis('redis://127.0.0.1:1', 'producer', log)
    const queue = createSendQueue(connection, log)
    await expect(queue.add(job)).rejects.toThrow(StoreError)
    connection.disconnect()
  })
})

describe('what is over', () => {
  it('is kept as the newest few hundred jobs, and no fault with its stack', async () => {
    const own = await startRedis()
    const producer = connectRedis(own.url, 'producer', log)
    const connection = connectRedis(own.url, 'worker', log)
    await once(producer, 'ready')
    const queue = createSendQueue(producer, log)
    for (let n = 1; n <= 220; n++) await queue.add({ ...job, n })
    const work = async ({ data }: Job<SendJob>) => {
      if (data.n === 7) throw new UnrecoverableError('a fault')
    }
    const worker = new Worker<SendJob>(SMS_QUEUE, work, { connection, prefix: QUEUE_PREFIX, concurrency: 20 })
    const seen = new Queue<SendJob>(SMS_QUEUE, { connection: producer, prefix: QUEUE_PREFIX })
    const counts = () => seen.getJobCounts('waiting', 'active', 'completed', 'failed')
    await expect
      .poll(counts, { timeout: 10_000 })
      .toEqual({ waiting: 0, active: 0, completed: 200, failed: 1 })
    const [failed] = await seen.getFailed()
    expect(failed?.stacktrace).toEqual([])
    expect(failed?.opts.removeOnFail).toEqual({ age: 3_600, count: 1_000 })
    await Promise.all([worker.close(), seen.close(), queue.close()])
    producer.disconnect()
    connection.disconnect()
    await own.stop()
  })
})

describe('a send queue made while Redis is away', () => {
  it('takes jobs as soon as Redis is there', async () => {
    const gone = await startRedis({ persistent: true })
    const { port, dir, url } = gone
    await gone.kill()
    const connection = connectRedis(url, 'producer', log)
    const queue = createSendQueue(connection, log)
    await expect(queue.add(job)).rejects.toThrow(StoreError)
    const back = await startRedis({ port, dir })
    await expect
      .poll(
        () =>
          queue.add(job).then(
            () => 'taken',
            () => 'refused',
          ),
        { timeout: 5_000 },
      )
      .toBe('taken')
    await queue.close()
    connection.disconnect()
    await back.stop()
  })
})

describe('the pause before the next try', () => {
  it('grows to a bound, and the tries outlast the two minutes a send has', async () => {
    const connection = connectRedis(server.url, 'producer', log)
    await once(connection, 'ready')
    const queue = createSendQueue(connection, log)
    await queue.add(job)
    const seen = new Queue<SendJob>(SMS_QUEUE, { connection, prefix: QUEUE_PREFIX })
    const { attempts = 0 } = (await seen.getJob(`${job.rid}.${job.n}`))?.opts ?? {}
    await Promise.all([seen.close(), queue.close()])
    connection.disconnect()
    const longest = Array.from({ length: attempts - 1 }, (_, i) => retryDelayMs(i + 1))
    for (const delay of longest) {
      expect(delay).toBeGreaterThanOrEqual(280)
      expect(delay).toBeLessThanOrEqual(19_500)
    }
    expect(longest.reduce((sum, delay) => sum + delay, 0)).toBeGreaterThan(120_000)
  })
})
