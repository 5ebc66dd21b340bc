import { once } from 'node:events'
import { Queue } from 'bullmq'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '@sms-codes/core/logger'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { createLimits } from '@sms-codes/core/limits/limits'
import { keys } from '@sms-codes/core/redis/keys'
import { newKeys } from '@sms-codes/core/test/store'
import type { SmsGateway } from '@sms-codes/gateways/gateway'
import type { Delivered } from '../src/delivery/attempt.ts'
import { withRate } from '../src/gateways/with-limits.ts'
import { pauseWhileRedisUnfit } from '../src/pause-while-redis-unfit.ts'
import { fakeGateway, jobOf, log, newMobile, readableLog, sendOf, startDelivery } from './worker.ts'

let delivery: Awaited<ReturnType<typeof startDelivery>>
beforeEach(async () => {
  delivery = await startDelivery()
})
afterEach(() => delivery.stop())

const issued = async () => sendOf(await delivery.codes.issue(newMobile(), 'default'))
const statusOf = async (rid: string) => (await delivery.codes.find(rid, ['default']))?.status

describe('the consumer', () => {
  it('delivers a job, and tries it again after a temporary failure', async () => {
    const gateway = fakeGateway('first', ['switch_now', 'ambiguous', 'duplicate'], true)
    const { queue, stop } = await delivery.startQueue([gateway])
    const send = await issued()
    await queue.add(jobOf(send))
    await expect.poll(() => statusOf(send.rid), { timeout: 15_000 }).toBe('sent')
    expect(gateway.messages).toHaveLength(3)
    // The send ends in Redis, and the worker counts the end afterwards.
    await expect
      .poll(() => delivery.registry.metrics())
      .toContain('sms_sends_ended_total{status="sent",by="first"} 1')
    await stop()
  })

  it('returns to a send that another worker has claimed, and ends it if that worker has died', async () => {
    const gateway = fakeGateway('first', ['duplicate'], true)
    const send = await issued()
    await delivery.ledger.claim(send, 'first', { fence: 0, leaseMs: 1_000 })
    const { queue, stop } = await delivery.startQueue([gateway])
    await queue.add(jobOf(send))
    await expect.poll(() => statusOf(send.rid), { timeout: 10_000 }).toBe('sent')
    expect(gateway.messages).toHaveLength(1)
    await stop()
  })

  it.each<[Delivered, string | null]>([
    [{ outcome: 'sent', why: 'first' }, '1'],
    [{ outcome: 'fell_back', why: 'email' }, '1'],
    [{ outcome: 'failed', why: 'late', answer: '' }, '-1'],
    [{ outcome: 'failed', why: 'ambiguous', answer: '' }, '-1'],
    [{ outcome: 'moved', why: 'no_gateway' }, '-1'],
    [{ outcome: 'failed', why: 'number', answer: '' }, null],
    [{ outcome: 'gone', why: 'used' }, null],
    [{ outcome: 'done', why: 'sent' }, null],
  ])('marks in Redis whether a gateway accepted the message: %j', async (delivered, mark) => {
    const { queue, consumer, stop } = await delivery.startQueue([], { deliver: async () => delivered })
    const finished = Promise.race([once(consumer, 'completed'), once(consumer, 'failed')])
    await queue.add(jobOf(await issued()))
    await finished
    expect(await delivery.redis.get(keys.accepted(SMS_QUEUE))).toBe(mark)
    await stop()
  })

  it.each([
    ['as long as the gateway asks', 5_000, 5_000],
    ['15 s if the gateway asks for an hour', 3_600_000, 15_000],
  ])('waits %s', async (_howLong, retryAfterMs, pause) => {
    const gateway = fakeGateway('first', [{ class: 'retry_same', code: 'busy', retryAfterMs }])
    const { queue, producer, stop } = await delivery.startQueue([gateway])
    const raw = new Queue(SMS_QUEUE, { connection: producer, prefix: QUEUE_PREFIX })
    await queue.add(jobOf(await issued()))
    await expect.poll(() => raw.getDelayedCount(), { timeout: 10_000 }).toBe(1)
    expect((await raw.getDelayed()).map(({ delay }) => delay)).toEqual([pause])
    await raw.close()
    await stop()
  })

  it('aborts its gateway call when it loses the job', async () => {
    let call: AbortSignal | undefined
    const silent: SmsGateway = {
      ...fakeGateway('first'),
      send: (_message, signal) =>
        new Promise((resolve) => {
          call = signal
          signal.addEventListener('abort', () => resolve({ class: 'ambiguous', code: 'ABORTED' }))
        }),
    }
    const { queue, stop } = await delivery.startQueue([silent])
    const send = await issued()
    await queue.add(jobOf(send))
    await expect.poll(() => call?.aborted, { timeout: 10_000 }).toBe(false)
    await delivery.redis.del(`${QUEUE_PREFIX}:${SMS_QUEUE}:${send.rid}.${send.n}:lock`)
    await expect.poll(() => call?.aborted, { timeout: 30_000 }).toBe(true)
    await stop()
  })

  it('fails a job with unknown data, sends nothing for it and continues', async () => {
    const gateway = fakeGateway('first')
    const { queue, producer, stop } = await delivery.startQueue([gateway])
    const raw = new Queue(SMS_QUEUE, { connection: producer, prefix: QUEUE_PREFIX })
    for (const data of [
      {},
      { v: 1, rid: 1 },
      { v: 1, rid: 'x', scene: 'default', n: 0, to: '' },
      { v: 1, rid: `${'p'.repeat(22)}.${'r'.repeat(22)}`, scene: 'default', n: 1, to: '13912345678' },
      'text',
      null,
    ])
      await raw.add('send', data, { attempts: 3 })
    await raw.add('send', {
      v: 1,
      rid: `${'p'.repeat(22)}.${'r'.repeat(22)}`,
      scene: 'default',
      n: 1,
      to: '138****8000',
      segment: '138',
    })
    const send = await issued()
    await queue.add(jobOf(send))
    await expect.poll(() => statusOf(send.rid), { timeout: 10_000 }).toBe('sent')
    await expect
      .poll(() => raw.getJobCounts('failed', 'waiting', 'active', 'delayed'), { timeout: 10_000 })
      .toEqual({ failed: 6, waiting: 0, active: 0, delayed: 0 })
    expect(gateway.messages).toHaveLength(1)
    await raw.close()
    await stop()
  })

  it('logs neither the id, the name nor the data of a job with unknown data', async () => {
    const lines: string[] = []
    const debug = createLogger('worker', 'debug', { write: (line) => void lines.push(line) })
    const { producer, stop } = await delivery.startQueue([fakeGateway('first')], { log: debug })
    const raw = new Queue(SMS_QUEUE, { connection: producer, prefix: QUEUE_PREFIX })
    const [mobile, code] = ['13912345678', '9876543210']
    for (const data of [
      { v: 1, rid: mobile, [code]: mobile },
      { v: 2, rid: code, scene: mobile },
      `${mobile} ${code}`,
    ])
      await raw.add(`${mobile} ${code}`, data, {
        jobId: `${mobile}-${code}-${lines.length}-${Math.random()}`,
      })
    await expect.poll(() => raw.getFailedCount()).toBe(3)
    await expect.poll(() => lines.filter((line) => line.includes('unknown job payload'))).toHaveLength(3)
    expect(lines.filter((line) => line.includes(mobile) || line.includes(code))).toEqual([])
    await raw.close()
    await stop()
  })

  it('delivers 60 sends over a gateway with a rate of five a second, without a failure or a line per wait', async () => {
    const inner = fakeGateway('slow')
    const { log: readable, lines } = readableLog()
    const limits = createLimits(delivery.redis)
    const rated = withRate(inner, 5, { limits, log: readable })
    const { queue, producer, stop } = await delivery.startQueue([rated], { log: readable })
    const raw = new Queue(SMS_QUEUE, { connection: producer, prefix: QUEUE_PREFIX })
    const sends = await Promise.all(Array.from({ length: 60 }, issued))
    await Promise.all(sends.map((send) => queue.add(jobOf(send))))
    await expect.poll(() => inner.messages.length, { timeout: 60_000 }).toBe(60)
    await expect
      .poll(async () => new Set(await Promise.all(sends.map(({ rid }) => statusOf(rid)))))
      .toEqual(new Set(['sent']))
    // A job completes after its send has ended.
    await expect.poll(() => raw.getCompletedCount()).toBe(60)
    const warned = lines.filter(({ level }) => level !== 'info').map(({ msg }) => msg)
    expect(warned).toEqual(['gateway rate exhausted, messages wait'])
    const metrics = await delivery.registry.metrics()
    expect(metrics).toContain('sms_sends_ended_total{status="sent",by="slow"} 60')
    expect(metrics).toContain('sms_gateway_calls_total{channel="sms",gateway="slow",class="accepted"} 60')
    expect(metrics).toMatch(/sms_gateway_skips_total\{gateway="slow",reason="rate_full"\} [1-9]/)
    // The waits used up no attempt.
    const attempts = (await raw.getCompleted()).map(({ attemptsMade }) => attemptsMade)
    expect(attempts).toEqual(Array<number>(60).fill(1))
    await raw.close()
    await stop()
  }, 90_000)

  it('logs and counts a send as late if its record expired before its job began', async () => {
    const { log: readable, lines } = readableLog()
    const { producer, stop } = await delivery.startQueue([fakeGateway('first')], { log: readable })
    const raw = new Queue(SMS_QUEUE, { connection: producer, prefix: QUEUE_PREFIX })
    const [expired, refunded] = [await issued(), await issued()]
    for (const send of [expired, refunded]) await delivery.codes.refund(send)
    await raw.add('send', jobOf(expired), { timestamp: Date.now() - 1_200_000 })
    await raw.add('send', jobOf(refunded))
    const counts = () => raw.getJobCounts('completed', 'failed')
    await expect.poll(counts, { timeout: 10_000 }).toEqual({ completed: 1, failed: 1 })
    expect((await raw.getFailed()).map(({ failedReason }) => failedReason)).toEqual(['late'])
    expect(lines.filter(({ by }) => by === 'late')).toMatchObject([{ level: 'warn', msg: 'failed' }])
    expect(await delivery.registry.metrics()).toContain('sms_sends_ended_total{status="failed",by="late"} 1')
    await raw.close()
    await stop()
  })

  it('ends a send whose job BullMQ has failed', async () => {
    const gateway = fakeGateway('first', Array<'switch_now'>(50).fill('switch_now'))
    const { producer, stop } = await delivery.startQueue([gateway])
    const raw = new Queue(SMS_QUEUE, { connection: producer, prefix: QUEUE_PREFIX })
    const send = await issued()
    await raw.add('send', jobOf(send), { attempts: 1 })
    await expect.poll(() => statusOf(send.rid), { timeout: 10_000 }).toBe('failed')
    await expect
      .poll(() => delivery.registry.metrics())
      .toContain('sms_sends_ended_total{status="failed",by="job_failed"} 1')
    await raw.close()
    await stop()
  })

  it('leaves the outcome and the gateway in Redis, and not the code', async () => {
    const { queue, producer, stop } = await delivery.startQueue([fakeGateway('first')])
    const answer = await delivery.codes.issue(newMobile(), 'default')
    const code = await delivery.codeOf(answer)
    await queue.add(jobOf(sendOf(answer)))
    const raw = new Queue(SMS_QUEUE, { connection: producer, prefix: QUEUE_PREFIX })
    await expect.poll(() => raw.getCompletedCount()).toBe(1)
    const [job] = await raw.getCompleted()
    expect(job?.returnvalue).toEqual({ outcome: 'sent', why: 'first' })
    const events = await delivery.redis.xrange(`${QUEUE_PREFIX}:${SMS_QUEUE}:events`, '-', '+')
    // Six digits may also be part of the time of an event.
    expect(JSON.stringify(events)).not.toMatch(new RegExp(`(?<!\\d)${code}(?!\\d)`))
    await raw.close()
    await stop()
  })

  it('pauses while Redis refuses writes, and resumes afterwards', async () => {
    const gateway = fakeGateway('first')
    const { queue, consumer, stop } = await delivery.startQueue([gateway])
    pauseWhileRedisUnfit(consumer, delivery.redis, newKeys(), log)
    let errors = 0
    consumer.on('error', () => errors++)
    const send = await issued()
    // A job waits, and Redis refuses every command that would fetch it.
    await consumer.pause()
    await queue.add(jobOf(send))
    await delivery.redis.config('SET', 'maxmemory', '1mb')
    await consumer.resume()
    await expect.poll(() => consumer.isPaused(), { timeout: 10_000 }).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(errors).toBeLessThan(50)
    await delivery.redis.config('SET', 'maxmemory', '0')
    await expect.poll(() => statusOf(send.rid), { timeout: 15_000 }).toBe('sent')
    await stop()
  })

  it('pauses while the clock of its host is wrong, and resumes afterwards', async () => {
    const { queue, consumer, stop } = await delivery.startQueue([fakeGateway('first')])
    let aheadMs = 90_000
    pauseWhileRedisUnfit(consumer, delivery.redis, newKeys(), log, () => Date.now() + aheadMs)
    await expect.poll(() => consumer.isPaused()).toBe(true)
    // A fetch that began before the pause takes five seconds and may still return a job.
    await new Promise((resolve) => setTimeout(resolve, 5_500))
    // On a busy machine that fetch may end later.
    await expect.poll(() => delivery.redis.info('clients')).toMatch(/^blocked_clients:0\r$/m)
    const send = await issued()
    await queue.add(jobOf(send))
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(await statusOf(send.rid)).toBe('queued')
    aheadMs = 0
    await expect.poll(() => statusOf(send.rid)).toBe('sent')
    await stop()
  })

  it('pauses while its keys differ from those of the other processes, and resumes afterwards', async () => {
    const { queue, consumer, stop } = await delivery.startQueue([fakeGateway('first')])
    const other = newKeys()
    await delivery.redis.hset(keys.fingerprints, 'PHONE_KEY', 'that of another key')
    pauseWhileRedisUnfit(consumer, delivery.redis, other, log)
    await expect.poll(() => consumer.isPaused()).toBe(true)
    await delivery.redis.del(keys.fingerprints)
    const send = await issued()
    await queue.add(jobOf(send))
    await expect.poll(() => statusOf(send.rid), { timeout: 15_000 }).toBe('sent')
    await stop()
  })
})
