import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { StoreError } from '@sms-codes/core/redis/connect'
import { keys } from '@sms-codes/core/redis/keys'
import { fakeGateway, jobOf } from '../worker.ts'
import { startBothChannels } from './both-channels.ts'

let both: Awaited<ReturnType<typeof startBothChannels>>
beforeAll(async () => {
  both = await startBothChannels()
})
beforeEach(() => both.clear())
afterAll(() => both.stop())

/** Puts the end of every wait into the past. The age of the sends does not change. */
async function endWaits(): Promise<void> {
  const { redis } = both.delivery
  for (const entry of await redis.zrange(keys.awaitedReceipts, 0, '-1'))
    await redis.zadd(keys.awaitedReceipts, 1, entry)
}
async function overdueSend() {
  const issued = await both.issued()
  await both.sms(issued.send, [fakeGateway('first')])
  await both.delivery.pass(20)
  await endWaits()
  return issued
}

describe('a delivery receipt that is overdue', () => {
  it('leads to one e-mail, although two workers check it', async () => {
    const { send, code } = await overdueSend()
    const mail = fakeGateway('email')
    const workers = [await both.startMailConsumer(mail), await both.startMailConsumer(mail)]
    await expect
      .poll(() => both.statusOf(send.rid), { timeout: 10_000 })
      .toMatchObject({ status: 'fell_back' })
    await expect.poll(() => both.waits(), { timeout: 10_000 }).toEqual([])
    expect(mail.messages.map((message) => message.code)).toEqual([code])
    await Promise.all(workers.map(({ stop }) => stop()))
  })

  it('stays overdue if the worker dies or the mail queue refuses, until a check queues the e-mail', async () => {
    const { send } = await overdueSend()
    await expect(both.withoutProducer().followUp.checkOverdue()).rejects.toThrow(StoreError)
    expect(await both.jobsOf('email')).toEqual([])
    expect(await both.waits()).toEqual([send.rid])
    await both.followUp.checkOverdue()
    expect(await both.jobsOf('email')).toEqual([`send ${send.rid}.1.m1`])
    expect(await both.waits()).toEqual([])
  })

  it.each([-60_000, 60_000])(
    'is awaited by the clock of Redis, if that of the worker is %i ms off',
    async (offMs) => {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + offMs })
      const { send } = await both.issued()
      await both.sms(send, [fakeGateway('first')]).finally(() => vi.useRealTimers())
      const [, until] = await both.delivery.redis.zrange(keys.awaitedReceipts, 0, '-1', 'WITHSCORES')
      expect(Math.abs(Number(until) - 20_000 - Date.now())).toBeLessThan(20_000)
      await both.followUp.checkOverdue()
      expect(await both.waits()).toEqual([send.rid])
      expect(await both.jobsOf('email')).toEqual([])
    },
  )

  it('is not awaited from a gateway that sends none', async () => {
    const { send } = await both.issued()
    await both.sms(send, [fakeGateway('without-receipts')])
    expect(await both.waits()).toEqual([])
  })

  it('is not checked while the consumer of mails is paused', async () => {
    const { consumer, stop } = await both.startMailConsumer(fakeGateway('email'))
    // Without waiting, so that the consumer still runs its last fetch.
    await consumer.pause(true)
    const { send } = await overdueSend()
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(await both.waits()).toEqual([send.rid])
    await consumer.resume()
    await expect.poll(() => both.waits(), { timeout: 10_000 }).toEqual([])
    await stop()
  })

  it('is checked in one go with hundreds of others, also if a newer or an older version began the wait', async () => {
    const job = jobOf({ rid: `${'p'.repeat(22)}.${'r'.repeat(22)}`, scene: 'login', n: 1 })
    const { segment: _segment, ...older } = job
    const many = Array.from({ length: 350 }, (_, i) => ({ ...job, n: i + 1 }))
    for (const entry of [...many, older, { ...job, v: 2, more: {} }])
      await both.delivery.redis.zadd(keys.awaitedReceipts, 1, JSON.stringify(entry))
    await both.followUp.checkOverdue()
    expect(await both.waits()).toEqual([])
  })
})
