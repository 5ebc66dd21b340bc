import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createContacts, type Contacts } from '@sms-codes/core/codes/contacts'
import { createDeliveryReceipts } from '@sms-codes/core/queues/delivery-receipts'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { createSendQueue, EMAIL_QUEUE, type SendJob, type SendQueue } from '@sms-codes/core/queues/send-queue'
import { connectRedis } from '@sms-codes/core/redis/connect'
import { fallbackRules } from '@sms-codes/core/config/scenes'
import { Queue } from 'bullmq'
import { RetryLater } from '../../src/delivery/settle-send.ts'
import { createEmailFallback } from '../../src/delivery/email-fallback.ts'
import { createReceiptFollowUp } from '../../src/delivery/receipt-follow-up.ts'
import { aMobile, fakeGateway, jobOf, log, sendOf, startDelivery } from '../worker.ts'

const AFTER_MS = 8_000

let delivery: Awaited<ReturnType<typeof startDelivery>>
let contacts: Contacts
let producer: ReturnType<typeof connectRedis>
let mails: SendQueue
let queued: Queue<SendJob>
beforeAll(async () => {
  delivery = await startDelivery()
  contacts = createContacts(delivery.redis, delivery.keyring)
  producer = connectRedis(delivery.server.url, 'producer', log)
  await once(producer, 'ready')
  mails = createSendQueue(producer, log, EMAIL_QUEUE)
  queued = new Queue(EMAIL_QUEUE, { connection: producer, prefix: QUEUE_PREFIX })
})
beforeEach(() => queued.obliterate({ force: true }))
afterAll(async () => {
  await Promise.all([mails.close(), queued.close()])
  producer.disconnect()
  await delivery.stop()
})

const rules = fallbackRules([
  { name: 'default' },
  { name: 'login', mayFallBack: true, receiptWithinSeconds: 20 },
])
const fallback = () =>
  createEmailFallback({ rules, contacts, ledger: delivery.ledger, mails, afterMs: AFTER_MS })
const followUp = () => {
  const receipts = createDeliveryReceipts(delivery.redis, delivery.keyring)
  return {
    receipts,
    ...createReceiptFollowUp({ deliveryReceipts: receipts, ledger: delivery.ledger, rules, mails }),
  }
}

async function issued({ scene = 'login', email = 'owner@example.com' } = {}) {
  const mobile = aMobile()
  if (email !== '') await contacts.put(mobile, { email, verifiedAt: '2026-01-01T00:00:00.000Z' })
  const answer = await delivery.codes.issue(mobile, scene)
  return { mobile, send: sendOf(answer), code: await delivery.codeOf(answer) }
}
const statusOf = async (rid: string) => delivery.codes.find(rid, ['default', 'login'])
const named = async () =>
  (await queued.getJobs(['waiting', 'delayed'])).map(({ name, data }) => `${name} ${data.rid}`)
const sms = (send: SendJob | ReturnType<typeof sendOf>, gateways: Parameters<typeof delivery.deliver>[1]) =>
  delivery.deliver(send, gateways, { fallback: fallback(), followUp: followUp() })
const email = (send: ReturnType<typeof sendOf>, mail = fakeGateway('email')) =>
  delivery.deliver(send, [mail], { channel: 'email' })

describe('a code that no SMS gateway can deliver', () => {
  it.each(['number', 'number_limit'] as const)(
    'goes by e-mail at once after %s, the same code',
    async (cls) => {
      const { send, code } = await issued()
      const [first, second, mail] = [fakeGateway('first', [cls]), fakeGateway('second'), fakeGateway('email')]
      expect(await sms(send, [first, second])).toEqual({ outcome: 'moved', why: cls })
      expect(second.messages).toEqual([])
      expect(await named()).toEqual([`send ${send.rid}`])
      expect(await statusOf(send.rid)).toMatchObject({ status: 'queued', channel: 'email', reason: cls })

      expect(await email(send, mail)).toEqual({ outcome: 'fell_back', why: 'email' })
      expect(mail.messages.map((message) => message.code)).toEqual([code])
      expect(await statusOf(send.rid)).toMatchObject({ status: 'fell_back', channel: 'email' })
    },
  )

  it('is asked of the gateways again for some seconds before', async () => {
    const { send } = await issued()
    const gateways = [
      fakeGateway('first', ['switch_now', 'switch_now']),
      fakeGateway('second', ['config', 'template']),
    ]
    const err: unknown = await sms(send, gateways).catch((reason: unknown) => reason)
    expect(err).toBeInstanceOf(RetryLater)
    if (!(err instanceof RetryLater)) return
    expect(err.atMostMs).toBeLessThanOrEqual(AFTER_MS)
    expect(err.atMostMs).toBeGreaterThan(AFTER_MS - 2_000)
    await delivery.pass(AFTER_MS / 1000)
    expect(await sms(send, gateways)).toEqual({ outcome: 'moved', why: 'no_gateway' })
  })

  it('goes by e-mail when a doubt cannot be resolved', async () => {
    const { send } = await issued()
    const first = fakeGateway('first', ['ambiguous', 'ambiguous'])
    for (let i = 0; i < 2; i++) await sms(send, [first]).catch(() => undefined)
    expect(await sms(send, [first])).toEqual({ outcome: 'moved', why: 'ambiguous' })
    expect(first.messages).toHaveLength(2)
    expect(await email(send)).toMatchObject({ outcome: 'fell_back' })
  })

  it('goes by e-mail when its one gateway stays silent, though that would recognise it for ever', async () => {
    const { send } = await issued()
    const ccp = fakeGateway('ccp', Array<'ambiguous'>(9).fill('ambiguous'), true)
    await sms(send, [ccp]).catch(() => undefined)
    await delivery.pass(AFTER_MS / 1000)
    expect(await sms(send, [ccp])).toEqual({ outcome: 'moved', why: 'ambiguous' })
    expect(await email(send, fakeGateway('email', ['number']))).toMatchObject({ outcome: 'failed' })
    expect(await delivery.redis.zcard(`sms:{${send.rid.slice(0, 22)}}:sends`)).toBe(1)
  })

  it('waits its seconds from the first refusal, however long it stood in the queue', async () => {
    const { send } = await issued()
    await delivery.pass(30)
    await expect(sms(send, [fakeGateway('first', ['switch_now'])])).rejects.toThrow('no gateway accepted it')
  })

  it('stays with the gateways where the scene does not allow it, or no mailbox was proven', async () => {
    const elsewhere = await issued({ scene: 'default' })
    expect(await sms(elsewhere.send, [fakeGateway('first', ['number'])])).toEqual({
      outcome: 'failed',
      why: 'number',
    })
    const unknown = await issued({ email: '' })
    expect(await sms(unknown.send, [fakeGateway('first', ['number'])])).toEqual({
      outcome: 'failed',
      why: 'number',
    })
    await delivery.pass(AFTER_MS / 1000)
    const patient = await issued({ email: '' })
    await delivery.pass(20)
    await expect(sms(patient.send, [fakeGateway('first', ['switch_now'])])).rejects.toThrow(
      'no gateway accepted it',
    )
    expect(await named()).toEqual([])
  })

  it('is not mailed after it was typed in', async () => {
    const { mobile, send, code } = await issued()
    await sms(send, [fakeGateway('first', ['number'])])
    await delivery.codes.verify(mobile, 'login', code, send.rid)
    const mail = fakeGateway('email')
    expect(await email(send, mail)).toEqual({ outcome: 'gone', why: 'used' })
    expect(mail.messages).toEqual([])
  })

  it('is not mailed when it is too late for it', async () => {
    const { send } = await issued()
    await sms(send, [fakeGateway('first', ['number'])])
    await delivery.pass(121)
    const mail = fakeGateway('email')
    expect(await email(send, mail)).toEqual({ outcome: 'gone', why: 'late' })
    expect(mail.messages).toEqual([])
    expect(await statusOf(send.rid)).toMatchObject({ status: 'failed' })
  })

  it('is mailed by nobody before it was moved, and by no gateway after', async () => {
    const { send } = await issued()
    const [first, mail] = [fakeGateway('first', ['number']), fakeGateway('email')]
    expect(await email(send, mail)).toEqual({ outcome: 'gone', why: 'moved' })
    await sms(send, [first])
    await queued.obliterate({ force: true })
    // Its worker ended between the two steps: whoever runs the job again queues the mail.
    expect(await sms(send, [first])).toEqual({ outcome: 'gone', why: 'moved' })
    expect(await named()).toEqual([`send ${send.rid}`])
    expect([first.messages.length, mail.messages.length]).toEqual([1, 0])
  })

  it('is not buried with the job that moved it', async () => {
    const { send } = await issued()
    await sms(send, [fakeGateway('first', ['number'])])
    const buried = { status: 'failed' as const, reason: 'job_failed' }
    expect(await delivery.ledger.settleUnclaimed(send, { ...buried, channel: 'sms' })).toBe(false)
    expect(await statusOf(send.rid)).toMatchObject({ status: 'queued' })
    expect(await delivery.ledger.settleUnclaimed(send, { ...buried, channel: 'email' })).toBe(true)
    expect(await statusOf(send.rid)).toMatchObject({ status: 'failed' })
  })

  it('keeps why it failed, and gives the slot back, when there is no mailbox after all', async () => {
    const { mobile, send } = await issued()
    await sms(send, [fakeGateway('first', ['number'])])
    expect(await email(send, fakeGateway('email', ['number']))).toEqual({ outcome: 'failed', why: 'number' })
    expect(await statusOf(send.rid)).toMatchObject({ status: 'failed', reason: 'number' })
    expect(await delivery.codes.issue(mobile, 'login')).toMatchObject({ kind: 'issued' })
  })

  it('leaves the slot taken when the mail fails after a message that may have left', async () => {
    const { mobile, send } = await issued()
    const first = fakeGateway('first', ['ambiguous', 'ambiguous'])
    for (let i = 0; i < 3; i++) await sms(send, [first]).catch(() => undefined)
    expect(await email(send, fakeGateway('email', ['number']))).toMatchObject({ outcome: 'failed' })
    expect(await delivery.codes.issue(mobile, 'login')).toMatchObject({ kind: 'throttled' })
  })

  it('was read in a mailbox: whoever verifies it is told so, also after a re-send by SMS', async () => {
    const { mobile, send, code } = await issued()
    await sms(send, [fakeGateway('first', ['number'])])
    await email(send)
    await delivery.pass(61)
    const again = sendOf(await delivery.codes.issue(mobile, 'login'))
    expect(await sms(again, [fakeGateway('first')])).toMatchObject({ outcome: 'sent' })
    expect(await delivery.codes.verify(mobile, 'login', code, undefined)).toMatchObject({
      kind: 'ok',
      channel: 'email',
    })
  })
})

describe('a message that a gateway took', () => {
  const taken = (messageId = 'm-1') => fakeGateway('first', [{ class: 'accepted', code: 'OK', messageId }])

  it('is looked after when its receipt may take some seconds only', async () => {
    const { send } = await issued()
    await sms(send, [taken('m-2')])
    expect(await named()).toEqual([`check ${send.rid}`])
    await delivery.pass(20)
    expect(await fallback().checkReceipt(jobOf(send))).toEqual({ kind: 'moved' })
    expect(await email(send)).toMatchObject({ outcome: 'fell_back' })
    expect(await fallback().checkReceipt(jobOf(send))).toEqual({ kind: 'kept' })
  })

  it('is not mailed before its time by a worker whose clock is ahead', async () => {
    const { send } = await issued()
    await sms(send, [taken('m-12')])
    await delivery.pass(15)
    expect(await fallback().checkReceipt(jobOf(send))).toEqual({
      kind: 'soon',
      waitMs: expect.any(Number) as unknown,
    })
    expect(await statusOf(send.rid)).toMatchObject({ status: 'sent', channel: 'sms' })
    expect(await named()).toEqual([`check ${send.rid}`])
    await delivery.pass(5)
    expect(await fallback().checkReceipt(jobOf(send))).toEqual({ kind: 'moved' })
  })

  it('stays sent when it was to be mailed as well and the mail came to nothing, and was read by nobody', async () => {
    const { mobile, send, code } = await issued()
    await sms(send, [taken('m-8')])
    await delivery.pass(20)
    await fallback().checkReceipt(jobOf(send))
    await email(send, fakeGateway('email', ['number_limit']))
    expect(await statusOf(send.rid)).toMatchObject({ status: 'sent', channel: 'sms' })
    expect(await delivery.codes.verify(mobile, 'login', code, undefined)).toMatchObject({ channel: 'sms' })
    const late = await issued()
    await sms(late.send, [taken('m-9')])
    await delivery.pass(20)
    await fallback().checkReceipt(jobOf(late.send))
    await delivery.pass(121)
    expect(await email(late.send)).toMatchObject({ outcome: 'done', why: 'sent' })
    expect(await statusOf(late.send.rid)).toMatchObject({ status: 'sent', channel: 'sms' })
  })

  it('that was given up is delivered when its receipt says so', async () => {
    const { send } = await issued()
    await sms(send, [taken('m-10')])
    await delivery.ledger.report(send, 'undelivered', false)
    expect(await statusOf(send.rid)).toMatchObject({ status: 'failed' })
    await delivery.ledger.report(send, 'delivered', false)
    expect(await statusOf(send.rid)).toMatchObject({ status: 'delivered' })
  })

  it('is followed up by whoever runs its job again, where its worker ended before that', async () => {
    const { send } = await issued()
    const gone = new Error('this worker is gone')
    const dying = { ...followUp(), sent: () => Promise.reject(gone) }
    const dies = delivery.deliver(send, [taken('m-11')], { fallback: fallback(), followUp: dying })
    await expect(dies).rejects.toBe(gone)
    expect(await sms(send, [taken('m-11')])).toEqual({ outcome: 'done', why: 'sent' })
    expect(await named()).toEqual([`check ${send.rid}`])
    expect(await followUp().receipts.arrive('first', 'm-11', 'delivered')).toMatchObject({ rid: send.rid })
  })

  it('is left alone when its receipt came, when its code was typed in, or when nobody proved a mailbox', async () => {
    const delivered = await issued()
    await sms(delivered.send, [taken('m-3')])
    await delivery.ledger.report(delivered.send, 'delivered', true)
    expect(await fallback().checkReceipt(jobOf(delivered.send))).toEqual({ kind: 'kept' })
    const used = await issued()
    await sms(used.send, [taken('m-4')])
    await delivery.codes.verify(used.mobile, 'login', used.code, used.send.rid)
    expect(await fallback().checkReceipt(jobOf(used.send))).toEqual({ kind: 'kept' })
    const unknown = await issued({ email: '' })
    await sms(unknown.send, [taken('m-5')])
    await delivery.pass(20)
    expect(await fallback().checkReceipt(jobOf(unknown.send))).toEqual({ kind: 'kept' })
    expect(await statusOf(unknown.send.rid)).toMatchObject({ status: 'sent' })
    expect((await named()).filter((name) => name.startsWith('send'))).toEqual([])
  })

  it('is delivered at once when its receipt was faster than its answer', async () => {
    const { send } = await issued()
    await followUp().receipts.arrive('first', 'm-6', 'delivered')
    await sms(send, [taken('m-6')])
    expect(await statusOf(send.rid)).toMatchObject({ status: 'delivered' })
    expect(await named()).toEqual([])
  })

  it('goes by e-mail at once when the receipt that was faster says undelivered', async () => {
    const { send } = await issued()
    await followUp().receipts.arrive('first', 'm-7', 'undelivered')
    await sms(send, [taken('m-7')])
    expect(await statusOf(send.rid)).toMatchObject({ status: 'queued', channel: 'email' })
    expect(await named()).toEqual([`send ${send.rid}`])
  })

  it('and did not say so is known by a receipt that repeats our id', async () => {
    const { send } = await issued()
    const first = fakeGateway('first', ['ambiguous'])
    await sms(send, [first]).catch(() => undefined)
    await followUp().receipts.arrive('first', first.messages[0]?.id ?? '', 'delivered')
    expect(await sms(send, [first])).toEqual({ outcome: 'sent', why: 'first' })
    expect(first.messages).toHaveLength(1)
    expect(await statusOf(send.rid)).toMatchObject({ status: 'delivered' })
  })

  it('and did not say so goes by e-mail when the receipt that repeats our id says undelivered', async () => {
    const { send } = await issued()
    const first = fakeGateway('first', ['ambiguous'])
    await sms(send, [first]).catch(() => undefined)
    await followUp().receipts.arrive('first', first.messages[0]?.id ?? '', 'undelivered')
    expect(await sms(send, [first])).toEqual({ outcome: 'moved', why: 'undelivered' })
    expect(first.messages).toHaveLength(1)
    expect(await named()).toEqual([`send ${send.rid}`])
  })
})
