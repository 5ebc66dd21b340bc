import { Queue } from 'bullmq'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import type { ListedGateway } from '../src/gateways/listed-gateway.ts'
import { pauseWhileRedisUnfit } from '../src/pause-while-redis-unfit.ts'
import { aMobile, fakeGateway, jobOf, log, sendOf, startDelivery } from './worker.ts'

let delivery: Awaited<ReturnType<typeof startDelivery>>
beforeEach(async () => {
  delivery = await startDelivery()
})
afterEach(() => delivery.stop())

const issued = async () => sendOf(await delivery.codes.issue(aMobile(), 'default'))
const statusOf = async (rid: string) => (await delivery.codes.find(rid, ['default']))?.status

describe('the consumer', () => {
  it('delivers what is added, and tries again what failed for now', async () => {
    const gateway = fakeGateway('first', ['switch_now', 'ambiguous', 'duplicate'], true)
    const { queue, stop } = await delivery.startQueue([gateway])
    const send = await issued()
    await queue.add(jobOf(send))
    await expect.poll(() => statusOf(send.rid), { timeout: 15_000 }).toBe('sent')
    expect(gateway.messages).toHaveLength(3)
    expect(await delivery.registry.metrics()).toContain('sms_sends_ended_total{status="sent",by="first"} 1')
    await stop()
  })

  it('comes back to a send that another worker is at, and ends it when that one has vanished', async () => {
    const gateway = fakeGateway('first', ['duplicate'], true)
    const send = await issued()
    await delivery.ledger.claim(send, 'first', { fence: 0, leaseMs: 1_000 })
    const { queue, stop } = await delivery.startQueue([gateway])
    await queue.add(jobOf(send))
    await expect.poll(() => statusOf(send.rid), { timeout: 10_000 }).toBe('sent')
    expect(gateway.messages).toHaveLength(1)
    await stop()
  })

  it.each([
    ['as long as the gateway asks', 5_000, 5_000],
    ['a quarter of a minute when the gateway asks for an hour', 3_600_000, 15_000],
  ])('waits %s', async (_what, retryAfterMs, pause) => {
    const gateway = fakeGateway('first', [{ class: 'retry_same', code: 'busy', retryAfterMs }])
    const { queue, producer, stop } = await delivery.startQueue([gateway])
    const raw = new Queue(SMS_QUEUE, { connection: producer, prefix: QUEUE_PREFIX })
    await queue.add(jobOf(await issued()))
    await expect.poll(() => raw.getDelayedCount(), { timeout: 10_000 }).toBe(1)
    expect((await raw.getDelayed()).map(({ delay }) => delay)).toEqual([pause])
    await raw.close()
    await stop()
  })

  it('cuts its call short when it has lost the job', async () => {
    let call: AbortSignal | undefined
    const patient: ListedGateway = {
      ...fakeGateway('first'),
      send: (_message, signal) =>
        new Promise((resolve) => {
          call = signal
          signal.addEventListener('abort', () => resolve({ class: 'ambiguous', code: 'ABORTED' }))
        }),
    }
    const { queue, stop } = await delivery.startQueue([patient])
    const send = await issued()
    await queue.add(jobOf(send))
    await expect.poll(() => call?.aborted, { timeout: 10_000 }).toBe(false)
    await delivery.redis.del(`${QUEUE_PREFIX}:${SMS_QUEUE}:${send.rid}.${send.n}:lock`)
    await expect.poll(() => call?.aborted, { timeout: 15_000 }).toBe(true)
    await stop()
  })

  it('refuses a job that is not one of ours, sends nothing and goes on', async () => {
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

  it('ends a send whose job BullMQ has given up', async () => {
    const gateway = fakeGateway('first', Array<'switch_now'>(50).fill('switch_now'))
    const { producer, stop } = await delivery.startQueue([gateway])
    const raw = new Queue(SMS_QUEUE, { connection: producer, prefix: QUEUE_PREFIX })
    const send = await issued()
    await raw.add('send', jobOf(send), { attempts: 1 })
    await expect.poll(() => statusOf(send.rid), { timeout: 10_000 }).toBe('failed')
    expect(await delivery.registry.metrics()).toContain(
      'sms_sends_ended_total{status="failed",by="job_failed"} 1',
    )
    await raw.close()
    await stop()
  })

  it('leaves nothing but outcome and gateway behind', async () => {
    const { queue, producer, stop } = await delivery.startQueue([fakeGateway('first')])
    const answer = await delivery.codes.issue(aMobile(), 'default')
    const code = await delivery.codeOf(answer)
    await queue.add(jobOf(sendOf(answer)))
    const raw = new Queue(SMS_QUEUE, { connection: producer, prefix: QUEUE_PREFIX })
    await expect.poll(() => raw.getCompletedCount()).toBe(1)
    const [job] = await raw.getCompleted()
    expect(job?.returnvalue).toEqual({ outcome: 'sent', why: 'first' })
    const events = await delivery.redis.xrange('{sms}:sms:events', '-', '+')
    expect(JSON.stringify(events)).not.toContain(code)
    await raw.close()
    await stop()
  })

  it('rests while Redis refuses writes, and goes on when it takes them again', async () => {
    const gateway = fakeGateway('first')
    const { queue, consumer, stop } = await delivery.startQueue([gateway])
    pauseWhileRedisUnfit(consumer, delivery.redis, log)
    let errors = 0
    consumer.on('error', () => errors++)
    const send = await issued()
    // Jobs wait, and every look for the next one is refused.
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

  it('rests while the clock of its host is far off, and goes on when it is right again', async () => {
    const { queue, consumer, stop } = await delivery.startQueue([fakeGateway('first')])
    let aheadMs = 90_000
    pauseWhileRedisUnfit(consumer, delivery.redis, log, () => Date.now() + aheadMs)
    await expect.poll(() => consumer.isPaused()).toBe(true)
    // The look for a job that was under way takes five seconds, and may still find one.
    await new Promise((resolve) => setTimeout(resolve, 5_500))
    const send = await issued()
    await queue.add(jobOf(send))
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    expect(await statusOf(send.rid)).toBe('queued')
    aheadMs = 0
    await expect.poll(() => statusOf(send.rid)).toBe('sent')
    await stop()
  })
})
