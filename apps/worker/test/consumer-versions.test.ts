import { Queue } from 'bullmq'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { createOrder } from '../src/gateways/order.ts'
import { fakeGateway, jobOf, newMobile, readableLog, sendOf, startDelivery } from './worker.ts'

let delivery: Awaited<ReturnType<typeof startDelivery>>
let raw: Queue
beforeEach(async () => {
  delivery = await startDelivery()
  raw = new Queue(SMS_QUEUE, { connection: { url: delivery.server.url }, prefix: QUEUE_PREFIX })
})
afterEach(async () => {
  await raw.close()
  await delivery.stop()
})

const issued = async () => sendOf(await delivery.codes.issue(newMobile(), 'default'))
const statusOf = async (rid: string) => (await delivery.codes.find(rid, ['default']))?.status

describe('a job of a later version', () => {
  it('waits for a worker of that version, and uses up no attempt', async () => {
    const gateway = fakeGateway('first')
    const { stop } = await delivery.startQueue([gateway])
    const send = await issued()
    const id = `${send.rid}.1`
    await raw.add('send', { ...jobOf(send), v: 2, more: {} }, { jobId: id, attempts: 2 })
    await expect.poll(() => raw.getDelayedCount(), { timeout: 10_000 }).toBe(1)
    expect(await raw.getJob(id)).toMatchObject({ attemptsMade: 0, attemptsStarted: 8 })
    expect(await statusOf(send.rid)).toBe('queued')
    expect(gateway.messages).toHaveLength(0)

    // As if a newer worker had taken it: the job becomes one that this worker understands.
    await raw.getJob(id).then((job) => job?.updateData(jobOf(send)))
    await expect.poll(() => statusOf(send.rid), { timeout: 15_000 }).toBe('sent')
    expect(gateway.messages).toHaveLength(1)
    await stop()
  })

  it('fails its send as late, and gives the slot back, if no such worker comes', async () => {
    const { log, lines } = readableLog()
    const { stop } = await delivery.startQueue([fakeGateway('first')], { log })
    const send = await issued()
    await delivery.pass(121)
    await raw.add('send', { ...jobOf(send), v: 2 })
    await expect.poll(() => statusOf(send.rid), { timeout: 10_000 }).toBe('failed')
    await expect
      .poll(() => raw.getJobCounts('completed', 'delayed', 'failed'))
      .toMatchObject({
        completed: 0,
        delayed: 0,
        failed: 1,
      })
    expect((await raw.getFailed()).map(({ failedReason }) => failedReason)).toEqual(['late'])
    expect(lines.filter(({ by }) => by === 'late')).toMatchObject([{ level: 'warn', msg: 'failed' }])
    expect(await delivery.slotsOf(send)).toBe(0)
    expect(await delivery.registry.metrics()).toContain('sms_sends_ended_total{status="failed",by="late"} 1')
    await stop()
  })

  it('reports its send as sent if the code was used', async () => {
    const { log, lines } = readableLog()
    const { stop } = await delivery.startQueue([fakeGateway('first')], { log })
    const answer = await delivery.codes.issue('13800138000', 'default')
    const send = sendOf(answer)
    await delivery.codes.verify('13800138000', 'default', await delivery.codeOf(answer), send.rid)
    await delivery.pass(121)
    await raw.add('send', { ...jobOf(send), v: 2 })
    await expect.poll(() => statusOf(send.rid), { timeout: 10_000 }).toBe('sent')
    await expect.poll(() => lines.filter(({ by }) => by === 'used')).toMatchObject([{ msg: 'sent' }])
    expect(await delivery.registry.metrics()).toContain('sms_sends_ended_total{status="sent",by="used"} 1')
    await stop()
  })

  it('fails like any unknown data if it does not name a send', async () => {
    const { stop } = await delivery.startQueue([fakeGateway('first')])
    await raw.add('send', { v: 2, rid: 'x' })
    await raw.add('send', { ...jobOf(await issued()), v: 1.5 })
    await raw.add('send', { ...jobOf(await issued()), v: 0 })
    await expect.poll(() => raw.getFailedCount(), { timeout: 10_000 }).toBe(3)
    await stop()
  })
})

describe('a job of this version with a field that a newer API added', () => {
  it('is delivered', async () => {
    const { stop } = await delivery.startQueue([fakeGateway('first')])
    const send = await issued()
    await raw.add('send', { ...jobOf(send), more: 'later' })
    await expect.poll(() => statusOf(send.rid), { timeout: 10_000 }).toBe('sent')
    await stop()
  })
})

describe('a job for a country that no gateway of the worker serves', () => {
  const mainlandOnly = { ...fakeGateway('first'), countries: ['CN'] }

  it('waits for a worker with another policy, and uses up no attempt', async () => {
    const { log, lines } = readableLog()
    const { stop } = await delivery.startQueue([mainlandOnly], {
      log,
      order: createOrder([mainlandOnly], []),
    })
    const send = await issued()
    const id = `${send.rid}.1`
    await raw.add('send', { ...jobOf(send), country: 'HK' }, { jobId: id, attempts: 2 })
    await expect.poll(() => raw.getDelayedCount(), { timeout: 10_000 }).toBe(1)
    expect(await raw.getJob(id)).toMatchObject({ attemptsMade: 0, attemptsStarted: 8 })
    expect(await statusOf(send.rid)).toBe('queued')
    expect(lines.map(({ msg }) => msg)).toContain('job left to a worker with another policy')

    const other = fakeGateway('second')
    const another = await delivery.startQueue([other])
    await expect.poll(() => statusOf(send.rid), { timeout: 30_000 }).toBe('sent')
    expect(other.messages).toMatchObject([{ country: 'HK', locale: 'zh-CN' }])
    await Promise.all([stop(), another.stop()])
  })

  it('fails its send as late, and gives the slot back, if no such worker comes', async () => {
    const { stop } = await delivery.startQueue([mainlandOnly], { order: createOrder([mainlandOnly], []) })
    const send = await issued()
    await delivery.pass(121)
    await raw.add('send', { ...jobOf(send), country: 'HK' })
    await expect.poll(() => statusOf(send.rid), { timeout: 10_000 }).toBe('failed')
    expect(await delivery.slotsOf(send)).toBe(0)
    await stop()
  })
})
