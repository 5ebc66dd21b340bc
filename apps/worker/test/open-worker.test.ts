import { Queue } from 'bullmq'
import { describe, it } from 'vitest'
import { createLogger } from '@sms-codes/core/logger'
import { EVENTS_QUEUE } from '@sms-codes/core/queues/events'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { connectRedis } from '@sms-codes/core/redis/connect'
import { createTransport } from '@sms-codes/gateways/transport'
import { createEventPoster } from '../src/events/event-poster.ts'
import { fakeGateway, jobOf, log, newMobile, sendOf, startDelivery } from './worker.ts'

const SECRET = '13912345678'
/** The fields of a job's hash that are replaced; null deletes the hash. */
const BROKEN: [name: string, fields: Record<string, string> | null][] = [
  ['data-word', { data: SECRET + ' is no JSON' }],
  ['data-cut', { data: '{"v":1,"rid":"' }],
  ['data-empty', { data: '' }],
  ['data-text', { data: `"${SECRET}"` }],
  ['data-number', { data: '5' }],
  ['data-null', { data: 'null' }],
  ['data-list', { data: '[]' }],
  ['opts-word', { opts: 'no JSON' }],
  ['opts-null', { opts: 'null' }],
  ['opts-number', { opts: '5', data: '{}' }],
  ['progress-word', { progress: 'no JSON' }],
  ['parent-word', { parent: 'no JSON' }],
  ['no-hash', null],
  // BullMQ cannot count the starts of this job, and it has stalled often before.
  ['starts-word', { ats: 'no number', stc: '5' }],
]

// BullMQ finds such a job after several stalls, so each test waits for about 25 s.
describe.concurrent('with data that cannot be read', { timeout: 60_000 }, () => {
  it('jobs fail with a metric and one log line without id and data, and other jobs go on', async ({
    expect,
    onTestFinished,
  }) => {
    const delivery = await startDelivery()
    onTestFinished(() => delivery.stop())
    const lines: string[] = []
    const gateway = fakeGateway('first')
    const raw = new Queue(SMS_QUEUE, { connection: delivery.redis, prefix: QUEUE_PREFIX })
    const send = sendOf(await delivery.codes.issue(newMobile(), 'default'))
    await raw.add('send', jobOf(send))
    for (const [jobId, fields] of BROKEN) {
      await raw.add('send', { rid: SECRET }, { jobId })
      const key = raw.toKey(jobId)
      if (fields === null) await delivery.redis.del(key)
      else await delivery.redis.hset(key, fields)
    }
    const { stop } = await delivery.startQueue([gateway], {
      log: createLogger('worker', 'info', { write: (line) => lines.push(line) }),
    })
    const counts = () => raw.getJobCounts('failed', 'waiting', 'active', 'delayed', 'completed')
    await expect
      .poll(counts, { timeout: 50_000 })
      .toEqual({ failed: BROKEN.length, waiting: 0, active: 0, delayed: 0, completed: 1 })
    expect(gateway.messages).toHaveLength(1)
    expect(await delivery.registry.metrics()).toContain(
      `sms_jobs_unreadable_total{queue="sms"} ${BROKEN.length}`,
    )
    const unknown = lines.filter((line) => line.includes('unknown job payload'))
    expect(unknown).toHaveLength(BROKEN.length)
    for (const [jobId] of BROKEN) expect(unknown.join()).not.toContain(jobId)
    expect(lines.join()).not.toContain(SECRET)
    await stop()
    await raw.close()
  })

  it('an event fails in the same way', async ({ expect, onTestFinished }) => {
    const delivery = await startDelivery()
    onTestFinished(() => delivery.stop())
    const lines: string[] = []
    const raw = new Queue(EVENTS_QUEUE, { connection: delivery.redis, prefix: QUEUE_PREFIX })
    const { id = '' } = await raw.add('event', {}, { jobId: 'an-event' })
    await delivery.redis.hset(raw.toKey(id), 'data', `${SECRET} is no JSON`)
    const connection = connectRedis(delivery.server.url, 'worker', log)
    const transport = createTransport()
    const poster = createEventPoster({
      connection,
      url: 'http://127.0.0.1:1/events',
      keys: [Buffer.alloc(32)],
      transport,
      countEvent: () => {},
      metrics: delivery.metrics,
      log: createLogger('worker', 'info', { write: (line) => lines.push(line) }),
    })
    await expect.poll(() => raw.getFailedCount(), { timeout: 50_000 }).toBe(1)
    expect(await delivery.registry.metrics()).toContain('sms_jobs_unreadable_total{queue="events"} 1')
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([{ msg: 'unknown job payload' }])
    expect(lines.join()).not.toMatch(/an-event|13912345678/)
    await Promise.all([poster.close(), raw.close()])
    transport.close()
    connection.disconnect()
  })
})
