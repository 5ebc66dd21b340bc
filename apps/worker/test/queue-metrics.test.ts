import { Queue } from 'bullmq'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { createAcceptanceMark } from '@sms-codes/core/queues/queue-state'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { connectRedis } from '@sms-codes/core/redis/connect'
import { untilReady } from '@sms-codes/core/test/until-ready'
import { startRedis } from '@sms-codes/launcher/redis'
import { reportQueues } from '../src/queue-metrics.ts'
import { log } from './worker.ts'

/** The value of a series in the text of the metrics. */
const valueOf = (metrics: string, series: string) =>
  metrics
    .split('\n')
    .find((line) => line.startsWith(`${series} `))
    ?.split(' ')[1]

it('the metrics show the jobs of each queue by state, and the ages of waiting and unaccepted sends', async () => {
  const server = await startRedis()
  // A connection of this kind waits longer for an answer, so that a busy test machine causes no refusals.
  const redis = connectRedis(server.url, 'operator', log)
  await untilReady(redis)
  const registry = new Registry()
  reportQueues(registry, redis, 1)
  const empty = await registry.metrics()
  expect(valueOf(empty, 'sms_queue_jobs{queue="sms",state="waiting"}')).toBe('0')
  const zero = ['oldest_waiting_seconds', 'oldest_unaccepted_seconds', 'stalled_seconds', 'paused']
  expect(zero.map((name) => valueOf(empty, `sms_queue_${name}{queue="sms"}`))).toEqual(zero.map(() => '0'))

  const queue = new Queue(SMS_QUEUE, { connection: redis, prefix: QUEUE_PREFIX })
  const anHourAgo = Date.now() - 3_600_000
  // Jobs that a worker had before come first and are older, but their age says nothing about the backlog.
  for (let n = 0; n < 30; n += 1) {
    const tried = await queue.add('send', {}, { timestamp: anHourAgo - 3_600_000 })
    await redis.hset(`${QUEUE_PREFIX}:${SMS_QUEUE}:${tried.id}`, 'ats', '1', 'atm', '1')
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
  expect(Number(valueOf(full, 'sms_queue_oldest_unaccepted_seconds{queue="sms"}'))).toBeGreaterThan(7_199)
  expect(Number(valueOf(full, 'sms_queue_stalled_seconds{queue="sms"}'))).toBeGreaterThan(7_199)
  expect(full).not.toContain('sms_queue_stalled_seconds{queue="events"}')
  createAcceptanceMark(redis, SMS_QUEUE).accepted()
  await queue.pause()
  const accepting = await registry.metrics()
  expect(Number(valueOf(accepting, 'sms_queue_stalled_seconds{queue="sms"}'))).toBeLessThan(60)
  expect(valueOf(accepting, 'sms_queue_paused{queue="sms"}')).toBe('1')

  await server.kill()
  const whileDown = await registry.metrics()
  expect(whileDown).not.toContain('sms_queue_jobs{')
  expect(whileDown).not.toMatch(/sms_queue_\w+\{/)
  await queue.close()
  redis.disconnect()
})

it('the metrics show each shard, and a queue of another number of shards while it has jobs', async () => {
  const server = await startRedis()
  const redis = connectRedis(server.url, 'operator', log)
  await untilReady(redis)
  const registry = new Registry()
  reportQueues(registry, redis, 2)
  const old = new Queue('sms-7', { connection: redis, prefix: '{sms-7}' })
  await old.add('send', {}, { jobId: 'a.1' })
  const queuesOf = (metrics: string) =>
    [...metrics.matchAll(/sms_queue_paused\{queue="([^"]+)"\}/g)].map(([, queue]) => queue)
  await redis.config('RESETSTAT')
  const metrics = await registry.metrics()
  expect(queuesOf(metrics)).toEqual(['sms-0', 'sms-1', 'sms-7', 'email', 'events'])
  expect(valueOf(metrics, 'sms_queue_jobs{queue="sms-7",state="waiting"}')).toBe('1')
  // Five queues are read once each, although five gauges show their state.
  expect(await redis.info('commandstats')).toContain('cmdstat_hexists:calls=5,')
  await old.remove('a.1')
  expect(queuesOf(await registry.metrics())).toEqual(['sms-0', 'sms-1', 'email', 'events'])
  await old.close()
  redis.disconnect()
  await server.stop()
})
