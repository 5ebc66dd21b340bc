import { Queue, UnrecoverableError, Worker, type Job } from 'bullmq'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { createLogger } from '../../src/logger.ts'
import { QUEUE_PREFIX, workerOptions } from '../../src/queues/queue-options.ts'
import { createSendQueue, jobOf, SMS_QUEUE, type SendJob } from '../../src/queues/send-queue.ts'
import { connectRedis, type RedisClient } from '../../src/redis/connect.ts'
import { untilReady } from '../until-ready.ts'

const log = createLogger('test', 'silent')
const HOUR_MS = 3_600_000
const rid = `${'p'.repeat(22)}.${'r'.repeat(22)}`
const job = (n: number) =>
  jobOf({ rid, scene: 'default', n }, '+8613800138000', { country: 'CN', locale: 'zh-CN' })

let server: RedisServer
let redis: RedisClient
let connection: RedisClient
let seen: Queue<SendJob>
beforeAll(async () => {
  server = await startRedis()
  redis = connectRedis(server.url, 'operator', log)
  connection = connectRedis(server.url, 'worker', log)
  await untilReady(redis)
  seen = new Queue(SMS_QUEUE, { connection: redis, prefix: QUEUE_PREFIX })
})
beforeEach(() => redis.flushall())
afterAll(async () => {
  await seen.close()
  redis.disconnect()
  connection.disconnect()
  await server.stop()
})

/** Runs these jobs. The jobs with these numbers fail. */
async function run(numbers: readonly number[], failing: readonly number[] = []): Promise<void> {
  const queue = createSendQueue(redis, log)
  for (const n of numbers) await queue.add(job(n))
  const work = async ({ data }: Job<SendJob>) => {
    if (failing.includes(data.n)) throw new UnrecoverableError('number: ccp 160042')
    return { outcome: 'sent', why: 'aliyun' }
  }
  const worker = new Worker<SendJob>(SMS_QUEUE, work, { ...workerOptions(SMS_QUEUE), connection })
  await expect
    .poll(() => seen.getJobCounts('waiting', 'active'), { timeout: 20_000 })
    .toEqual({ waiting: 0, active: 0 })
  await worker.close()
  await queue.close()
}

/** Adds ended jobs to the set of a state without their hashes. */
async function addEnded(state: string, count: number, agoMs: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, i) => [Date.now() - agoMs, `old-${i}`] as const)
  await redis.zadd(seen.toKey(state), ...ids.flat())
}

describe('an ended job', () => {
  it('is kept among the newest 9,000, or the newest 1,000 if it failed', async () => {
    await addEnded('completed', 9_000, 60_000)
    await addEnded('failed', 1_000, 60_000)
    await run([1, 2, 3, 4], [3, 4])
    expect(await seen.getJobCounts('completed', 'failed')).toEqual({ completed: 9_000, failed: 1_000 })
    expect(await Promise.all([1, 2, 3, 4].map((n) => seen.getJobState(`${rid}.${n}`)))).toEqual([
      'completed',
      'completed',
      'failed',
      'failed',
    ])
  })

  it('is kept for an hour, or for a day if it failed, and at most ten older ones are removed at once', async () => {
    await addEnded('completed', 25, 1.01 * HOUR_MS)
    await addEnded('failed', 25, 24.01 * HOUR_MS)
    await run([1, 2], [2])
    expect(await seen.getJobCounts('completed', 'failed')).toEqual({ completed: 16, failed: 16 })
    await run([3, 4, 5, 6], [5, 6])
    expect(await seen.getJobCounts('completed', 'failed')).toEqual({ completed: 3, failed: 3 })
  })

  it('stays, however old it is, while no later job of its queue ends in the same state', async () => {
    await addEnded('failed', 5, 48 * HOUR_MS)
    await run([1])
    expect(await seen.getJobCounts('completed', 'failed')).toEqual({ completed: 1, failed: 5 })
  })

  it('occupies about 1.5 kB, and has no stack trace and none of the options about its end', async () => {
    await run([1, 2], [2])
    for (const n of [1, 2])
      expect(await redis.memory('USAGE', seen.toKey(`${rid}.${n}`), 'SAMPLES', 0)).toBeLessThan(1_600)
    const failed = await seen.getJob(`${rid}.2`)
    expect(failed?.stacktrace).toEqual([])
    expect(failed?.opts).toMatchObject({ stackTraceLimit: 0 })
    expect(failed?.opts).not.toHaveProperty('removeOnFail')
    expect(failed?.opts).not.toHaveProperty('removeOnComplete')
  })
})
