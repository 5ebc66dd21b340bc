import { once } from 'node:events'
import { Queue } from 'bullmq'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { connectRedis } from '@sms-codes/core/redis/connect'
import { startRedis } from '@sms-codes/launcher/redis'
import { reportQueues } from '../src/queue-metrics.ts'
import { log } from './worker.ts'

/** The value of a series, as a scraper reads it. */
const valueOf = (metrics: string, series: string) =>
  metrics
    .split('\n')
    .find((line) => line.startsWith(`${series} `))
    ?.split(' ')[1]

it('the queues are counted by state, with the age of whoever waits longest', async () => {
  const server = await startRedis()
  const redis = connectRedis(server.url, 'commands', log)
  await once(redis, 'ready')
  const registry = new Registry()
  reportQueues(registry, redis, log)
  const empty = await registry.metrics()
  expect(valueOf(empty, 'sms_queue_jobs{queue="sms",state="waiting"}')).toBe('0')
  expect(valueOf(empty, 'sms_queue_oldest_waiting_seconds{queue="sms"}')).toBe('0')

  const queue = new Queue(SMS_QUEUE, { connection: redis, prefix: QUEUE_PREFIX })
  const anHourAgo = Date.now() - 3_600_000
  // Jobs that a worker had before stand in front, older than all that wait, and say nothing of how long one waits.
  for (let n = 0; n < 30; n += 1) {
    const tried = await queue.add('send', {}, { timestamp: anHourAgo - 3_600_000 })
    await redis.hset(`${QUEUE_PREFIX}:${SMS_QUEUE}:${tried.id}`, 'ats', '1')
  }
  await queue.add('send', {}, { timestamp: anHourAgo })
  await queue.add('send', {})
  await queue.add('send', {}, { delay: 60_000 })
  const full = await registry.metrics()
  expect(valueOf(full, 'sms_queue_jobs{queue="sms",state="waiting"}')).toBe('32')
  expect(valueOf(full, 'sms_queue_jobs{queue="sms",state="delayed"}')).toBe('1')
  expect(valueOf(full, 'sms_queue_jobs{queue="email",state="waiting"}')).toBe('0')
  const oldest = Number(valueOf(full, 'sms_queue_oldest_waiting_seconds{queue="sms"}'))
  expect(oldest).toBeGreaterThanOrEqual(3_600)
  expect(oldest).toBeLessThan(7_200)

  await server.kill()
  const away = await registry.metrics()
  expect(away).not.toContain('sms_queue_jobs{')
  expect(away).not.toContain('sms_queue_oldest_waiting_seconds{')
  await queue.close()
  redis.disconnect()
})
