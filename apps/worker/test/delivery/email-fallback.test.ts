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
import { fakeGateway, jobOf, log, newMobile, sendOf, startDelivery } from '../worker.ts'

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
  const mobile = newMobile()
  if (email !== '') await contacts.put(mobile, { email, verifiedAt: '2026-01-01T00:00:00.000Z' })
  const answer = await delivery.codes.issue(mobile, scene)
  return { mobile, send: sendOf(answer), code: await delivery.codeOf(answer) }
}
const statusOf = async (rid: string) => delivery.codes.find(rid, ['default', 'login'])
const jobNames = async () =>
  (await queued.getJobs(['waiting', 'delayed'])).map(({ name, data }) => `${name} ${data.rid}`)
const sms = (send: SendJob | ReturnType<typeof sendOf>, gateways: Parameters<typeof delivery.deliver>[1]) =>
  delivery.deliver(send, gateways, { fallback: fallback(), followUp: followUp() })
const email = (send: ReturnType<typeof sendOf>, mail = fakeGateway('email')) =>
  delivery.deliver(send, [mail], { channel: 'email' })

describe('a code that no SMS gateway can deliver', () => {
  it.each(['number', 'number_limit'] as const)(
    'goes by e-mail at once after %s, with the same code',
    async (cls) => {
      const { send, code } = await issued()
      const [first, second, mail] = [fakeGateway('first', [cls]), fakeGateway('second'), fakeGateway('email')]
      expect(await sms(send, [first, second])).toEqual({ outcome: 'moved', why: cls })
      expect(second.messages).toEqual([])
      expect(await jobNames()).toEqual([`send ${send.rid}`])
      expect(await statusOf(send.rid)).toMatchObject({ status: 'queued', channel: 'email', reason: cls })

      expect(await email(send, mail)).toEqual({ outcome: 'fell_back', why: 'email' })
      expect(mail.messages.map((message) => message.code)).toEqual([code])
      expect(await statusOf(send.rid)).toMatchObject({ status: 'fell_back', channel: 'email' })
    },
  )

  it('is offered to the gateways again for some seconds before it moves to e-mail', async () => {
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

  it('goes by e-mail if its only gateway stays silent, even one that recognises repeats', async () => {
    const { send } = await issued()
    const ccp = fakeGateway('ccp', Array<'ambiguous'>(9).fill('ambiguous'), true)
    await sms(send, [ccp]).catch(() => undefined)
    await delivery.pass(AFTER_MS / 1000)
    expect(await sms(send, [ccp])).toEqual({ outcome: 'moved', why: 'ambiguous' })
    expect(await email(send, fakeGateway('email', ['number']))).toMatchObject({ outcome: 'failed' })
    expect(await delivery.slotsOf(send)).toBe(1)
  })

  it('waits from its first claim, however long it was in the queue before', async () => {
    const { send } = await issued()
    await delivery.pass(30)
    await expect(sms(send, [fakeGateway('first', ['switch_now'])])).rejects.toThrow('no gateway accepted it')
  })

  it('stays with the gateways if its scene does not allow e-mail or its owner has proved no mailbox', async () => {
    const notAllowed = await issued({ scene: 'default' })
    expect(await sms(notAllowed.send, [fakeGateway('first', ['number'])])).toEqual({
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
    expect(await jobNames()).toEqual([])
  })

  it('is not mailed after it was used', async () => {
    const { mobile, send, code } = await issued()
    await sms(send, [fakeGateway('first', ['number'])])
    await delivery.codes.verify(mobile, 'login', code, send.rid)
    const mail = fakeGateway('email')
    expect(await email(send, mail)).toEqual({ outcome: 'gone', why: 'used' })
    expect(mail.messages).toEqual([])
  })

  it('is not mailed after its time to send is over', async () => {
    const { send } = await issued()
    await sms(send, [fakeGateway('first', ['number'])])
    await delivery.pass(121)
    const mail = fakeGateway('email')
    expect(await email(send, mail)).toEqual({ outcome: 'gone', why: 'late' })
    expect(mail.messages).toEqual([])
    expect(await statusOf(send.rid)).toMatchObject({ status: 'failed' })
  })

  it('is claimed for e-mail only after it moved, and for SMS only before', async () => {
    const { send } = await issued()
    const [first, mail] = [fakeGateway('first', ['number']), fakeGateway('email')]
    expect(await email(send, mail)).toEqual({ outcome: 'gone', why: 'moved' })
    await sms(send, [first])
    await queued.obliterate({ force: true })
    // As if the worker had died before it added the job of the mail: the next run of the SMS job adds it.
    expect(await sms(send, [first])).toEqual({ outcome: 'gone', why: 'moved' })
    expect(await jobNames()).toEqual([`send ${send.rid}`])
    expect([first.messages.length, mail.messages.length]).toEqual([1, 0])
  })

  it('does not fail with the SMS job that moved it', async () => {
    const { send } = await issued()
    await sms(send, [fakeGateway('first', ['number'])])
    const failure = { status: 'failed' as const, reason: 'job_failed' }
    expect(await delivery.ledger.settleUnclaimed(send, { ...failure, channel: 'sms' })).toBe(false)
    expect(await statusOf(send.rid)).toMatchObject({ status: 'queued' })
    expect(await delivery.ledger.settleUnclaimed(send, { ...failure, channel: 'email' })).toBe(true)
    expect(await statusOf(send.rid)).toMatchObject({ status: 'failed' })
  })

  it('keeps its reason, and gives the slot back, if its mail is refused as well', async () => {
    const { mobile, send } = await issued()
    await sms(send, [fakeGateway('first', ['number'])])
    expect(await email(send, fakeGateway('email', ['number']))).toEqual({ outcome: 'failed', why: 'number' })
    expect(await statusOf(send.rid)).toMatchObject({ status: 'failed', reason: 'number' })
    expect(await delivery.codes.issue(mobile, 'login')).toMatchObject({ kind: 'issued' })
  })

  it('keeps the reason for which the SMS failed if its mail fails for another reason', async () => {
    const { send } = await issued()
    await sms(send, [fakeGateway('first', ['number'])])
    const mail = fakeGateway('email', ['number_limit'])
    expect(await email(send, mail)).toEqual({ outcome: 'failed', why: 'number_limit' })
    expect(await statusOf(send.rid)).toMatchObject({ status: 'failed', reason: 'number' })
  })

  it('keeps the slot taken if the mail fails after an SMS that may have left', async () => {
    const { mobile, send } = await issued()
    const first = fakeGateway('first', ['ambiguous', 'ambiguous'])
    for (let i = 0; i < 3; i++) await sms(send, [first]).catch(() => undefined)
    expect(await email(send, fakeGateway('email', ['number']))).toMatchObject({ outcome: 'failed' })
    expect(await delivery.codes.issue(mobile, 'login')).toMatchObject({ kind: 'throttled' })
  })

  it('is verified with the channel email once it was mailed, even after a further send by SMS', async () => {
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

describe('a message that a gateway accepted', () => {
  const accepting = (messageId = 'm-1') =>
    fakeGateway('first', [{ class: 'accepted', code: 'OK', messageId }])

  it('is also mailed if no delivery receipt comes within the time of its scene', async () => {
    const { send } = await issued()
    await sms(send, [accepting('m-2')])
    expect(await jobNames()).toEqual([`check ${send.rid}`])
    await delivery.pass(20)
    expect(await fallback().checkReceipt(jobOf(send))).toEqual({ kind: 'moved' })
    expect(await email(send)).toMatchObject({ outcome: 'fell_back' })
    expect(await fallback().checkReceipt(jobOf(send))).toEqual({ kind: 'kept' })
  })

  it('is not mailed early by a worker whose clock is ahead', async () => {
    const { send } = await issued()
    await sms(send, [accepting('m-12')])
    await delivery.pass(15)
    expect(await fallback().checkReceipt(jobOf(send))).toEqual({
      kind: 'soon',
      waitMs: expect.any(Number) as unknown,
    })
    expect(await statusOf(send.rid)).toMatchObject({ status: 'sent', channel: 'sms' })
    expect(await jobNames()).toEqual([`check ${send.rid}`])
    await delivery.pass(5)
    expect(await fallback().checkReceipt(jobOf(send))).toEqual({ kind: 'moved' })
  })

  it('stays sent on the channel sms if its follow-up mail fails or is late', async () => {
    const { mobile, send, code } = await issued()
    await sms(send, [accepting('m-8')])
    await delivery.pass(20)
    await fallback().checkReceipt(jobOf(send))
    await email(send, fakeGateway('email', ['number_limit']))
    expect(await statusOf(send.rid)).toMatchObject({ status: 'sent', channel: 'sms' })
    expect(await delivery.codes.verify(mobile, 'login', code, undefined)).toMatchObject({ channel: 'sms' })
    const late = await issued()
    await sms(late.send, [accepting('m-9')])
    await delivery.pass(20)
    await fallback().checkReceipt(jobOf(late.send))
    await delivery.pass(121)
    expect(await email(late.send)).toMatchObject({ outcome: 'done', why: 'sent' })
    expect(await statusOf(late.send.rid)).toMatchObject({ status: 'sent', channel: 'sms' })
  })

  it('becomes delivered when its delivery receipt says so, even after it failed', async () => {
    const { send } = await issued()
    await sms(send, [accepting('m-10')])
    await delivery.ledger.report(send, 'undelivered', false)
    expect(await statusOf(send.rid)).toMatchObject({ status: 'failed' })
    await delivery.ledger.report(send, 'delivered', false)
    expect(await statusOf(send.rid)).toMatchObject({ status: 'delivered' })
  })

  it('gets its check for a delivery receipt from the next run of its job if its worker died before that', async () => {
    const { send } = await issued()
    const death = new Error('the worker died')
    const dying = { ...followUp(), sent: () => Promise.reject(death) }
    const run = delivery.deliver(send, [accepting('m-11')], { fallback: fallback(), followUp: dying })
    await expect(run).rejects.toBe(death)
    expect(await sms(send, [accepting('m-11')])).toEqual({ outcome: 'done', why: 'sent' })
    expect(await jobNames()).toEqual([`check ${send.rid}`])
    expect(await followUp().receipts.arrive('first', 'm-11', 'delivered')).toMatchObject({ rid: send.rid })
  })

  it('is not mailed if its delivery receipt came, its code was used or its owner has proved no mailbox', async () => {
    const delivered = await issued()
    await sms(delivered.send, [accepting('m-3')])
    await delivery.ledger.report(delivered.send, 'delivered', true)
    expect(await fallback().checkReceipt(jobOf(delivered.send))).toEqual({ kind: 'kept' })
    const used = await issued()
    await sms(used.send, [accepting('m-4')])
    await delivery.codes.verify(used.mobile, 'login', used.code, used.send.rid)
    expect(await fallback().checkReceipt(jobOf(used.send))).toEqual({ kind: 'kept' })
    const unknown = await issued({ email: '' })
    await sms(unknown.send, [accepting('m-5')])
    await delivery.pass(20)
    expect(await fallback().checkReceipt(jobOf(unknown.send))).toEqual({ kind: 'kept' })
    expect(await statusOf(unknown.send.rid)).toMatchObject({ status: 'sent' })
    expect((await jobNames()).filter((name) => name.startsWith('send'))).toEqual([])
  })

  it('is delivered at once if its delivery receipt came before the answer', async () => {
    const { send } = await issued()
    await followUp().receipts.arrive('first', 'm-6', 'delivered')
    await sms(send, [accepting('m-6')])
    expect(await statusOf(send.rid)).toMatchObject({ status: 'delivered' })
    expect(await jobNames()).toEqual([])
  })

  it('goes by e-mail at once if a delivery receipt before the answer says undelivered', async () => {
    const { send } = await issued()
    await followUp().receipts.arrive('first', 'm-7', 'undelivered')
    await sms(send, [accepting('m-7')])
    expect(await statusOf(send.rid)).toMatchObject({ status: 'queued', channel: 'email' })
    expect(await jobNames()).toEqual([`send ${send.rid}`])
  })

  it('without an answer is known to be delivered by a delivery receipt with our message id', async () => {
    const { send } = await issued()
    const first = fakeGateway('first', ['ambiguous'])
    await sms(send, [first]).catch(() => undefined)
    await followUp().receipts.arrive('first', first.messages[0]?.id ?? '', 'delivered')
    expect(await sms(send, [first])).toEqual({ outcome: 'sent', why: 'first' })
    expect(first.messages).toHaveLength(1)
    expect(await statusOf(send.rid)).toMatchObject({ status: 'delivered' })
  })

  it('without an answer goes by e-mail if a delivery receipt with our message id says undelivered', async () => {
    const { send } = await issued()
    const first = fakeGateway('first', ['ambiguous'])
    await sms(send, [first]).catch(() => undefined)
    await followUp().receipts.arrive('first', first.messages[0]?.id ?? '', 'undelivered')
    expect(await sms(send, [first])).toEqual({ outcome: 'moved', why: 'undelivered' })
    expect(first.messages).toHaveLength(1)
    expect(await jobNames()).toEqual([`send ${send.rid}`])
  })
})
