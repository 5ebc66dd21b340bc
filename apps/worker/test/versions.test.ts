import { Queue } from 'bullmq'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { aMobile, fakeGateway, jobOf, sendOf, startDelivery } from './worker.ts'

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

const issued = async () => sendOf(await delivery.codes.issue(aMobile(), 'default'))
const statusOf = async (rid: string) => (await delivery.codes.find(rid, ['default']))?.status

describe('a job of a later version', () => {
  it('waits for a worker of that version, and has used up no attempt by then', async () => {
    const gateway = fakeGateway('first')
    const { stop } = await delivery.startQueue([gateway])
    const send = await issued()
    const id = `${send.rid}.1`
    await raw.add('send', { ...jobOf(send), v: 2, more: {} }, { jobId: id, attempts: 2 })
    await expect.poll(() => raw.getDelayedCount(), { timeout: 10_000 }).toBe(1)
    expect(await raw.getJob(id)).toMatchObject({ attemptsMade: 0, attemptsStarted: 1 })
    expect(await statusOf(send.rid)).toBe('queued')
    expect(gateway.messages).toHaveLength(0)

    // The newer worker: what it makes of the job is what this one makes of its own version.
    await raw.getJob(id).then((job) => job?.updateData(jobOf(send)))
    await expect.poll(() => statusOf(send.rid), { timeout: 15_000 }).toBe('sent')
    expect(gateway.messages).toHaveLength(1)
    await stop()
  })

  it('ends with its send when no such worker comes: late, with the slot given back', async () => {
    const { stop } = await delivery.startQueue([fakeGateway('first')])
    const send = await issued()
    await delivery.pass(121)
    await raw.add('send', { ...jobOf(send), v: 2 })
    await expect.poll(() => statusOf(send.rid), { timeout: 10_000 }).toBe('failed')
    await expect
      .poll(() => raw.getJobCounts('completed', 'delayed', 'failed'))
      .toMatchObject({
        completed: 1,
        delayed: 0,
        failed: 0,
      })
    expect(await delivery.redis.zcard(`sms:{${send.rid.slice(0, 22)}}:sends`)).toBe(0)
    expect(await delivery.registry.metrics()).toContain('sms_sends_ended_total{status="failed",by="late"} 1')
    await stop()
  })

  it('that does not even say which send it is about fails like any other garbage', async () => {
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
