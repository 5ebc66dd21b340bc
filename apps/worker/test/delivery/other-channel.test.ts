import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { SmsGateway } from '@sms-codes/gateways/gateway'
import { messageIdOf } from '../../src/delivery/message.ts'
import { RetryLater } from '../../src/delivery/settle-send.ts'
import { fakeGateway, jobOf, sendOf } from '../worker.ts'
import { AFTER_MS, startBothChannels } from './both-channels.ts'

let both: Awaited<ReturnType<typeof startBothChannels>>
let delivery: (typeof both)['delivery']
beforeAll(async () => {
  both = await startBothChannels()
  ;({ delivery } = both)
})
beforeEach(() => both.clear())
afterAll(() => both.stop())

describe('a code that no SMS gateway can deliver', () => {
  it.each(['number', 'number_limit'] as const)(
    'goes by e-mail at once after %s, with the same code',
    async (cls) => {
      const { send, code } = await both.issued()
      const [first, second, mail] = [fakeGateway('first', [cls]), fakeGateway('second'), fakeGateway('email')]
      expect(await both.sms(send, [first, second])).toEqual({ outcome: 'moved', why: cls })
      expect(second.messages).toEqual([])
      expect(await both.jobsOf('email')).toEqual([`send ${send.rid}.1.m1`])
      expect(await both.statusOf(send.rid)).toMatchObject({ status: 'queued', channel: 'email', reason: cls })

      expect(await both.email(send, mail)).toEqual({ outcome: 'fell_back', why: 'email' })
      expect(mail.messages.map((message) => message.code)).toEqual([code])
      expect(await both.statusOf(send.rid)).toMatchObject({ status: 'fell_back', channel: 'email' })
    },
  )

  it('is offered to the gateways again for some seconds before it moves to e-mail', async () => {
    const { send } = await both.issued()
    const gateways = [
      fakeGateway('first', ['switch_now', 'switch_now']),
      fakeGateway('second', ['config', 'template']),
    ]
    const began = performance.now()
    const err: unknown = await both.sms(send, gateways).catch((reason: unknown) => reason)
    const tookMs = performance.now() - began
    expect(err).toBeInstanceOf(RetryLater)
    if (!(err instanceof RetryLater)) return
    expect(err.atMostMs).toBeLessThanOrEqual(AFTER_MS)
    expect(err.atMostMs).toBeGreaterThan(AFTER_MS - 2_000 - tookMs)
    await delivery.pass(AFTER_MS / 1000)
    expect(await both.sms(send, gateways)).toEqual({ outcome: 'moved', why: 'no_gateway' })
  })

  it('goes by e-mail when a doubt cannot be resolved', async () => {
    const { send } = await both.issued()
    const first = fakeGateway('first', ['ambiguous', 'ambiguous'])
    for (let i = 0; i < 2; i++) await both.sms(send, [first]).catch(() => undefined)
    expect(await both.sms(send, [first])).toEqual({ outcome: 'moved', why: 'ambiguous' })
    expect(first.messages).toHaveLength(2)
    expect(await both.email(send)).toMatchObject({ outcome: 'fell_back' })
  })

  it('waits for its next attempt as in any other scene if its last call left a doubt', async () => {
    const { send } = await both.issued()
    const err: unknown = await both.sms(send, [fakeGateway('first', ['ambiguous'])]).catch((e: unknown) => e)
    expect(err).toMatchObject({ name: 'RetryLater', atMostMs: undefined })
  })

  it('goes by e-mail if its only gateway stays silent, even one that recognises repeats', async () => {
    const { send } = await both.issued()
    const ccp = fakeGateway('ccp', Array<'ambiguous'>(9).fill('ambiguous'), true)
    await both.sms(send, [ccp]).catch(() => undefined)
    await delivery.pass(AFTER_MS / 1000)
    expect(await both.sms(send, [ccp])).toEqual({ outcome: 'moved', why: 'ambiguous' })
    // Repeats at this gateway cause no second message, so the send goes on with them, and its slot stays taken.
    expect(await both.email(send, fakeGateway('email', ['number']))).toMatchObject({ outcome: 'moved' })
    await delivery.pass(121)
    expect(await both.sms(send, [ccp])).toEqual({ outcome: 'failed', why: 'late', answer: '' })
    expect(await delivery.slotsOf(send)).toBe(1)
  })

  it('waits from its first claim, however long it was in the queue before', async () => {
    const { send } = await both.issued()
    await delivery.pass(30)
    await expect(both.sms(send, [fakeGateway('first', ['switch_now'])])).rejects.toThrow('no_gateway: ')
  })

  it('stays with the gateways if its scene does not allow e-mail or its owner has proved no mailbox', async () => {
    const notAllowed = await both.issued({ scene: 'default' })
    expect(await both.sms(notAllowed.send, [fakeGateway('first', ['number'])])).toEqual({
      outcome: 'failed',
      why: 'number',
      answer: 'first first-number',
    })
    const unknown = await both.issued({ email: '' })
    expect(await both.sms(unknown.send, [fakeGateway('first', ['number'])])).toEqual({
      outcome: 'failed',
      why: 'number',
      answer: 'first first-number',
    })
    await delivery.pass(AFTER_MS / 1000)
    const patient = await both.issued({ email: '' })
    await delivery.pass(20)
    await expect(both.sms(patient.send, [fakeGateway('first', ['switch_now'])])).rejects.toThrow(
      'no_gateway: ',
    )
    expect(await both.jobsOf('email')).toEqual([])
  })

  it('is not mailed by a worker whose claim was taken over', async () => {
    const { send } = await both.issued()
    const { ledger } = both.delivery
    const slow: SmsGateway = {
      ...fakeGateway('first'),
      send: async () => {
        await both.delivery.pass(2)
        await ledger.claim(send, 'first', { fence: 0, leaseMs: 1_000 })
        return { class: 'number', code: 'first-number' }
      },
    }
    await both.sms(send, [slow])
    expect(await both.jobsOf('email')).toEqual([])
    expect(await both.statusOf(send.rid)).toMatchObject({ status: 'sending', channel: 'sms' })
  })

  it('is not mailed after it was used', async () => {
    const { mobile, send, code } = await both.issued()
    await both.sms(send, [fakeGateway('first', ['number'])])
    await delivery.codes.verify(mobile, 'login', code, send.rid)
    const mail = fakeGateway('email')
    expect(await both.email(send, mail)).toEqual({ outcome: 'gone', why: 'used' })
    expect(mail.messages).toEqual([])
  })

  it('is not mailed after its time to send is over', async () => {
    const { send } = await both.issued()
    await both.sms(send, [fakeGateway('first', ['number'])])
    await delivery.pass(121)
    const mail = fakeGateway('email')
    expect(await both.email(send, mail)).toEqual({ outcome: 'failed', why: 'late', answer: '' })
    expect(mail.messages).toEqual([])
    expect(await both.statusOf(send.rid)).toMatchObject({ status: 'failed' })
  })

  it('is claimed for e-mail only after it moved, and for SMS only before', async () => {
    const { send } = await both.issued()
    const [first, mail] = [fakeGateway('first', ['number']), fakeGateway('email')]
    expect(await both.email(send, mail)).toEqual({ outcome: 'gone', why: 'moved' })
    await both.sms(send, [first])
    await both.clear()
    // As if the worker had died before it added the job of the mail: the next run of the SMS job adds it.
    expect(await both.sms(send, [first])).toEqual({ outcome: 'gone', why: 'moved' })
    expect(await both.jobsOf('email')).toEqual([`send ${send.rid}.1.m1`])
    expect([first.messages.length, mail.messages.length]).toEqual([1, 0])
  })

  it('does not fail with the SMS job that moved it', async () => {
    const { send } = await both.issued()
    await both.sms(send, [fakeGateway('first', ['number'])])
    const failure = { status: 'failed' as const, reason: 'job_failed' }
    expect(await delivery.ledger.settleUnclaimed(send, { ...failure, channel: 'sms' })).toBe(false)
    expect(await both.statusOf(send.rid)).toMatchObject({ status: 'queued' })
    expect(await delivery.ledger.settleUnclaimed(send, { ...failure, channel: 'email' })).toBe(true)
    expect(await both.statusOf(send.rid)).toMatchObject({ status: 'failed' })
  })

  it('keeps its reason, and gives the slot back, if its mail is refused as well', async () => {
    const { mobile, send } = await both.issued()
    await both.sms(send, [fakeGateway('first', ['number'])])
    expect(await both.email(send, fakeGateway('email', ['number']))).toEqual({
      outcome: 'failed',
      why: 'number',
      answer: 'email email-number',
    })
    expect(await both.statusOf(send.rid)).toMatchObject({ status: 'failed', reason: 'number' })
    expect(await delivery.codes.issue(mobile, 'login')).toMatchObject({ kind: 'issued' })
  })

  it('keeps the reason for which the SMS failed if its mail fails for another reason', async () => {
    const { send } = await both.issued()
    await both.sms(send, [fakeGateway('first', ['number'])])
    const mail = fakeGateway('email', ['number_limit'])
    expect(await both.email(send, mail)).toMatchObject({ outcome: 'failed', why: 'number_limit' })
    expect(await both.statusOf(send.rid)).toMatchObject({ status: 'failed', reason: 'number' })
  })

  it('keeps the slot taken if the mail fails after an SMS that may have left', async () => {
    const { mobile, send } = await both.issued()
    const first = fakeGateway('first', ['ambiguous', 'ambiguous'])
    for (let i = 0; i < 3; i++) await both.sms(send, [first]).catch(() => undefined)
    expect(await both.email(send, fakeGateway('email', ['number']))).toMatchObject({ outcome: 'failed' })
    expect(await delivery.codes.issue(mobile, 'login')).toMatchObject({ kind: 'throttled' })
  })

  it('is verified with the channel email once it was mailed, even after a further send by SMS', async () => {
    const { mobile, send, code } = await both.issued()
    await both.sms(send, [fakeGateway('first', ['number'])])
    await both.email(send)
    await delivery.pass(61)
    const again = sendOf(await delivery.codes.issue(mobile, 'login'))
    expect(await both.sms(again, [fakeGateway('first')])).toMatchObject({ outcome: 'sent' })
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
    const { send } = await both.issued()
    await both.sms(send, [accepting('m-2')])
    expect(await both.waits()).toEqual([send.rid])
    await delivery.pass(20)
    expect(await both.followUp.check(jobOf(send))).toEqual({ kind: 'moved', moves: 1 })
    expect(await both.email(send)).toMatchObject({ outcome: 'fell_back' })
    expect(await both.followUp.check(jobOf(send))).toEqual({ kind: 'kept' })
  })

  it('stays sent on the channel sms if its follow-up mail fails or is late', async () => {
    const { mobile, send, code } = await both.issued()
    await both.sms(send, [accepting('m-8')])
    await delivery.pass(20)
    await both.followUp.check(jobOf(send))
    // The job of the mail has not failed, because its send has not.
    const refused = await both.email(send, fakeGateway('email', ['number_limit']))
    expect(refused).toEqual({ outcome: 'done', why: 'kept' })
    expect(await both.statusOf(send.rid)).toMatchObject({ status: 'sent', channel: 'sms' })
    expect(await delivery.codes.verify(mobile, 'login', code, undefined)).toMatchObject({ channel: 'sms' })
    const late = await both.issued()
    await both.sms(late.send, [accepting('m-9')])
    await delivery.pass(20)
    await both.followUp.check(jobOf(late.send))
    await delivery.pass(121)
    expect(await both.email(late.send)).toMatchObject({ outcome: 'done', why: 'sent' })
    expect(await both.statusOf(late.send.rid)).toMatchObject({ status: 'sent', channel: 'sms' })
  })

  it('becomes delivered when its delivery receipt says so, even after it failed', async () => {
    const { send } = await both.issued()
    await both.sms(send, [accepting('m-10')])
    await delivery.ledger.report(send, 'undelivered', false)
    expect(await both.statusOf(send.rid)).toMatchObject({ status: 'failed' })
    await delivery.ledger.report(send, 'delivered', false)
    expect(await both.statusOf(send.rid)).toMatchObject({ status: 'delivered' })
  })

  it('without a message id of the gateway is found by ours, also if its worker died before it stored the id', async () => {
    const death = new Error('the worker died')
    for (const followUp of [both.followUp, { ...both.followUp, sent: () => Promise.reject(death) }]) {
      const { send } = await both.issued()
      await both.delivery.deliver(send, [fakeGateway('first')], { followUp }).catch(() => undefined)
      await both.sms(send, [fakeGateway('first')])
      const ourId = messageIdOf(jobOf(send))
      expect(await both.receipts.arrive('first', ourId, 'delivered')).toMatchObject({ rid: send.rid })
    }
  })

  it('gets its check for a delivery receipt from the next run of its job if its worker died before that', async () => {
    const { send } = await both.issued()
    const death = new Error('the worker died')
    const dying = { ...both.followUp, sent: () => Promise.reject(death) }
    const run = both.sms(send, [accepting('m-11')], { followUp: dying })
    await expect(run).rejects.toBe(death)
    expect(await both.sms(send, [accepting('m-11')])).toEqual({ outcome: 'done', why: 'sent' })
    expect(await both.waits()).toEqual([send.rid])
    expect(await both.receipts.arrive('first', 'm-11', 'delivered')).toMatchObject({ rid: send.rid })
  })

  it('is not mailed if its delivery receipt came, its code was used or its owner has proved no mailbox', async () => {
    const delivered = await both.issued()
    await both.sms(delivered.send, [accepting('m-3')])
    await delivery.ledger.report(delivered.send, 'delivered', true)
    expect(await both.followUp.check(jobOf(delivered.send))).toEqual({ kind: 'kept' })
    const used = await both.issued()
    await both.sms(used.send, [accepting('m-4')])
    await delivery.codes.verify(used.mobile, 'login', used.code, used.send.rid)
    expect(await both.followUp.check(jobOf(used.send))).toEqual({ kind: 'kept' })
    const unknown = await both.issued({ email: '' })
    await both.sms(unknown.send, [accepting('m-5')])
    await delivery.pass(20)
    expect(await both.followUp.check(jobOf(unknown.send))).toEqual({ kind: 'kept' })
    expect(await both.statusOf(unknown.send.rid)).toMatchObject({ status: 'sent' })
    expect((await both.jobsOf('email')).filter((name) => name.startsWith('send'))).toEqual([])
  })

  it('is delivered at once if its delivery receipt came before the answer', async () => {
    const { send } = await both.issued()
    await both.receipts.arrive('first', 'm-6', 'delivered')
    await both.sms(send, [accepting('m-6')])
    expect(await both.statusOf(send.rid)).toMatchObject({ status: 'delivered' })
    expect(await both.jobsOf('email')).toEqual([])
  })

  it('goes by e-mail at once if a delivery receipt before the answer says undelivered', async () => {
    const { send } = await both.issued()
    await both.receipts.arrive('first', 'm-7', 'undelivered')
    await both.sms(send, [accepting('m-7')])
    expect(await both.statusOf(send.rid)).toMatchObject({ status: 'queued', channel: 'email' })
    expect(await both.jobsOf('email')).toEqual([`send ${send.rid}.1.m1`])
  })

  it('without an answer is known to be delivered by a delivery receipt with our message id', async () => {
    const { send } = await both.issued()
    const first = fakeGateway('first', ['ambiguous'])
    await both.sms(send, [first]).catch(() => undefined)
    await both.receipts.arrive('first', first.messages[0]?.id ?? '', 'delivered')
    expect(await both.sms(send, [first])).toEqual({ outcome: 'sent', why: 'first' })
    expect(first.messages).toHaveLength(1)
    expect(await both.statusOf(send.rid)).toMatchObject({ status: 'delivered' })
  })

  it('without an answer goes by e-mail if a delivery receipt with our message id says undelivered', async () => {
    const { send } = await both.issued()
    const first = fakeGateway('first', ['ambiguous'])
    await both.sms(send, [first]).catch(() => undefined)
    await both.receipts.arrive('first', first.messages[0]?.id ?? '', 'undelivered')
    expect(await both.sms(send, [first])).toEqual({ outcome: 'moved', why: 'undelivered' })
    expect(first.messages).toHaveLength(1)
    expect(await both.jobsOf('email')).toEqual([`send ${send.rid}.1.m1`])
  })
})
