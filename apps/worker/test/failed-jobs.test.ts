import { Queue } from 'bullmq'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { SMS_QUEUE, type SendJob } from '@sms-codes/core/queues/send-queue'
import { phoneOf, type Send } from '@sms-codes/core/codes/send'
import { keys } from '@sms-codes/core/redis/keys'
import type { Outcome } from '@sms-codes/gateways/gateway'
import type { OtherChannel } from '../src/delivery/other-channel.ts'
import { fakeGateway, jobOf, newMobile, readableLog, sendOf, startDelivery } from './worker.ts'

let delivery: Awaited<ReturnType<typeof startDelivery>>
let raw: Queue<SendJob>
beforeEach(async () => {
  delivery = await startDelivery()
  raw = new Queue(SMS_QUEUE, { connection: { url: delivery.server.url }, prefix: QUEUE_PREFIX })
})
afterEach(async () => {
  await raw.close()
  await delivery.stop()
})

/** A gateway that gives the same answer `times` times. */
const repeating = (name: string, times: number, outcome: Outcome) =>
  fakeGateway(
    name,
    Array.from({ length: times }, () => outcome),
  )
const patiently = { timeout: 20_000 }
const issued = async () => sendOf(await delivery.codes.issue(newMobile(), 'default'))
const statusOf = async (rid: string) => (await delivery.codes.find(rid, ['default']))?.status
const counts = () => raw.getJobCounts('completed', 'failed', 'waiting', 'active', 'delayed')
const ONE = { completed: 0, failed: 0, waiting: 0, active: 0, delayed: 0 }
const idOf = ({ rid, n }: Send) => `${rid}.${n}`
const failedEnds = async () =>
  (await delivery.registry.metrics())
    .split('\n')
    .filter((line) => /^sms_sends_ended_total\{status="failed".* [1-9]/.test(line))

/** Waits until the job has failed. */
async function failedJob(send: Send) {
  await expect.poll(() => raw.getJobState(idOf(send)), patiently).toBe('failed')
  return raw.getJob(idOf(send))
}

describe('the job of a send that fails', () => {
  it.each<[string, Outcome, reason: string]>([
    ['the number', { class: 'number', code: 'isv.MOBILE_NUMBER_ILLEGAL' }, 'number'],
    ['the limit of the number', { class: 'number_limit', code: '160038' }, 'number_limit'],
  ])('for %s fails with the code, and the send ends once', async (_what, outcome, reason) => {
    const { log, lines } = readableLog()
    const { queue, stop } = await delivery.startQueue([fakeGateway('aliyun', [outcome])], { log })
    const send = await issued()
    await queue.add(jobOf(send))
    const job = await failedJob(send)
    expect(job).toMatchObject({ failedReason: `${reason}: aliyun ${outcome.code}`, attemptsMade: 1 })
    expect(job?.stacktrace).toEqual([])
    // The events of BullMQ arrive before the next job is done, and the end is counted and logged only once.
    const next = await issued()
    await queue.add(jobOf(next))
    await expect.poll(() => statusOf(next.rid), patiently).toBe('sent')
    expect(await failedEnds()).toEqual([`sms_sends_ended_total{status="failed",by="${reason}"} 1`])
    expect(lines.filter(({ msg }) => msg === 'failed')).toMatchObject([{ level: 'warn', by: reason }])
    expect(lines.map(({ msg }) => msg)).not.toContain('job failed')
    await stop()
  })

  it('late fails with the last answer of a gateway', async () => {
    const busy = repeating('ccp', 50, { class: 'switch_now', code: '160050' })
    const { queue, stop } = await delivery.startQueue([busy])
    const send = await issued()
    await queue.add(jobOf(send))
    await expect
      .poll(async () => (await raw.getDelayed()).map(({ failedReason }) => failedReason), patiently)
      .toEqual(['no_gateway: ccp 160050'])
    await delivery.pass(121)
    expect(await failedJob(send)).toMatchObject({ failedReason: 'late: ccp 160050' })
    expect(await failedEnds()).toEqual(['sms_sends_ended_total{status="failed",by="late"} 1'])
    await stop()
  })

  it('for a doubt that no gateway resolved fails with the answer that left the doubt', async () => {
    const silent = repeating('twilio', 2, { class: 'ambiguous', code: 'TIMEOUT' })
    const { queue, stop } = await delivery.startQueue([silent])
    const send = await issued()
    await queue.add(jobOf(send))
    expect(await failedJob(send)).toMatchObject({ failedReason: 'ambiguous: twilio TIMEOUT' })
    await stop()
  })

  it('completes if the send moves to e-mail', async () => {
    const other: OtherChannel = { afterMs: 0, isOpen: async () => true, queue: async () => {} }
    const gateway = fakeGateway('first', ['number'])
    const { queue, stop } = await delivery.startQueue([gateway], { other })
    const send = await issued()
    await queue.add(jobOf(send))
    await expect.poll(counts, patiently).toEqual({ ...ONE, completed: 1 })
    expect((await raw.getJob(idOf(send)))?.returnvalue).toEqual({ outcome: 'moved', why: 'number' })
    await stop()
  })
})

describe('an ended job that an operator retries on the board', () => {
  it('sends nothing and fails again if its send has failed', async () => {
    const gateway = fakeGateway('first', ['number'])
    const { queue, stop } = await delivery.startQueue([gateway])
    const send = await issued()
    await queue.add(jobOf(send))
    const failed = await failedJob(send)
    await failed?.retry('failed')
    const starts = async () => (await raw.getJob(idOf(send)))?.attemptsStarted
    await expect.poll(starts, patiently).toBe((failed?.attemptsStarted ?? 0) + 1)
    expect(await failedJob(send)).toMatchObject({ failedReason: 'number: first' })
    expect(await counts()).toEqual({ ...ONE, failed: 1 })
    expect(gateway.messages).toHaveLength(1)
    expect(await statusOf(send.rid)).toBe('failed')
    expect(await failedEnds()).toEqual(['sms_sends_ended_total{status="failed",by="number"} 1'])
    await stop()
  })

  it.each(['completed', 'failed'] as const)(
    'is not counted as late after its record has expired: a %s job',
    async (state) => {
      const gateway = fakeGateway('first', state === 'failed' ? ['number'] : [])
      const { queue, stop } = await delivery.startQueue([gateway])
      const send = await issued()
      await queue.add(jobOf(send))
      await expect.poll(() => raw.getJobState(idOf(send)), patiently).toBe(state)
      const before = await failedEnds()
      await delivery.redis.hset(raw.toKey(idOf(send)), 'timestamp', Date.now() - 1_200_000)
      await delivery.redis.del(keys.code(phoneOf(send.rid), 'default'))
      await (await raw.getJob(idOf(send)))?.retry(state)
      await expect
        .poll(() => delivery.redis.hget(raw.toKey(idOf(send)), 'returnvalue'), patiently)
        .toBe('{"outcome":"gone","why":"no_record"}')
      expect(await failedEnds()).toEqual(before)
      await stop()
    },
  )
})
