import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodeStore } from '@sms-codes/core/codes/code-store'
import { createContacts } from '@sms-codes/core/codes/contacts'
import { parseSender } from '@sms-codes/core/config/sender'
import { maskMobile } from '@sms-codes/core/mobile'
import { policy } from '@sms-codes/core/test/store'
import { createEmailGateway, EMAIL_QUOTA } from '../../src/email/email-gateway.ts'
import { createSmtpClient } from '../../src/email/smtp-client.ts'
import { startSmtp } from './smtp.ts'
import { messageTo, newMobile, sendOf, startDelivery } from '../worker.ts'

let delivery: Awaited<ReturnType<typeof startDelivery>>
let smtp: Awaited<ReturnType<typeof startSmtp>>
beforeAll(async () => {
  delivery = await startDelivery()
  smtp = await startSmtp()
})
afterAll(async () => {
  await smtp.stop()
  await delivery.stop()
})

/** Creates the mail gateway as compose.ts does, for a phone with this address, and collects its mails. */
async function gatewayFor(email: string, sender = 'Codes <codes@shop.example>') {
  const { redis, keyring } = delivery
  // The limits of the phone would refuse the third send.
  const codes = createCodeStore(redis, keyring, () => ({ ...policy, sends: [{ most: 9, seconds: 1 }] }))
  const contacts = createContacts(redis, keyring)
  const transporter = createSmtpClient({ url: smtp.url, requireTls: false })
  const from = parseSender(sender)
  const mail = createEmailGateway({ contacts, transporter, from, deadlineMs: 10_000 })
  const mobile = newMobile()
  if (email !== '') await contacts.put(mobile, { email, verifiedAt: '2026-01-02T03:04:05.000Z' })
  const before = smtp.mails.length
  return {
    mobile,
    send: (message = messageTo(mobile)) => mail.send(message, new AbortController().signal),
    /** Moves a new send to e-mail, and delivers it. */
    deliver: async () => {
      const send = sendOf(await codes.issue(mobile, 'default'))
      const claim = await delivery.ledger.claim(send, 'first', { fence: 0, leaseMs: 1_000 })
      if (claim.kind === 'go') await delivery.ledger.settle(send, claim.fence, { status: 'moved' })
      return delivery.deliver(send, [{ ...mail, quota: EMAIL_QUOTA }], { channel: 'email' })
    },
    mails: () => smtp.mails.slice(before),
  }
}
/** Splits a mail into head and body, and joins the lines that its encoding had broken. */
function read(text = '') {
  const joined = text.replaceAll('=\r\n', '').replaceAll('?=\r\n =?UTF-8?Q?', '')
  const end = joined.indexOf('\r\n\r\n')
  return { head: joined.slice(0, end), body: joined.slice(end) }
}
const messageIds = (mails: { text: string }[]) =>
  mails.map(({ text }) => /^Message-ID: (.*)$/im.exec(text)?.[1])

describe('a mail', () => {
  // The readers of a header see a comment in (…), a group after a colon, and a list after a comma.
  it.each([
    ['codes@shop.example', 'codes@shop.example'],
    ['ACME (China) <codes@shop.example>', '"ACME (China)" <codes@shop.example>'],
    ['Shop: codes <codes@shop.example>', '"Shop: codes" <codes@shop.example>'],
    ['ACME, Inc. <codes@shop.example>', '"ACME, Inc." <codes@shop.example>'],
    ['"ACME, Inc." <codes@shop.example>', '"ACME, Inc." <codes@shop.example>'],
    ['The "best" shop <codes@shop.example>', '"The \\"best\\" shop" <codes@shop.example>'],
    ['a@b; c@d <codes@shop.example>', '"a@b; c@d" <codes@shop.example>'],
    ['美多商城 <codes@shop.example>', '=?UTF-8?B?576O5aSa5ZWG5Z+O?= <codes@shop.example>'],
  ])('from %s has the header %s', async (sender, header) => {
    const { send, mails } = await gatewayFor('owner@mail.example', sender)
    expect(await send()).toEqual({ class: 'accepted', code: 'OK' })
    const { head } = read(mails()[0]?.text)
    expect(/^From: (.*)$/m.exec(head)?.[1]).toBe(header)
    expect(messageIds(mails())).toEqual([expect.stringMatching(/@shop\.example>$/)])
  })

  it('goes to the proved address and to no other', async () => {
    const { mobile, send, mails } = await gatewayFor('owner@mail.example')
    expect(await send()).toEqual({ class: 'accepted', code: 'OK' })
    expect(mails().map(({ to }) => to)).toEqual(['owner@mail.example'])
    const { head, body } = read(mails()[0]?.text)
    expect(head).toMatch(/^To: owner@mail\.example$/m)
    // The message id and the boundary of the parts may have the digits of the code by chance.
    expect(head).not.toMatch(/(?<![0-9A-Za-z])739146(?![0-9A-Za-z])/)
    expect(body).toContain('739146')
    expect(body).toContain(maskMobile(mobile))
    expect(head + body).not.toContain(mobile.slice(3))
  })

  it.each([
    ["o'brien@mail.example"],
    ["!#$%&'*+/=?^_`{|}~-@mail.example"],
    ['a%mail.example@b.example'],
    ['owner@mail.xn--fiqs8s'],
    // SMTP permits two dots only in quotes, which do not change the mailbox.
    ['a..b@mail.example', '"a..b"@mail.example'],
  ])('reaches the address %s and no other address', async (email, written = email) => {
    const { send, mails } = await gatewayFor(email)
    await send()
    expect(mails().map(({ to }) => to)).toEqual([written])
    const recipients = mails().flatMap(({ text }) => read(text).head.match(/^(To|Cc|Bcc): .*$/gm))
    expect(recipients.map((line) => line?.replace(/[<>]/g, ''))).toEqual([`To: ${written}`])
  })

  it('is not sent for a phone without a proved address', async () => {
    const { send, mails } = await gatewayFor('')
    expect(await send()).toEqual({ class: 'number', code: 'NO_CONTACT' })
    expect(mails()).toEqual([])
  })

  it('has the same message id in all attempts of one send, and another one in another send', async () => {
    const { mobile, send, mails } = await gatewayFor('owner@mail.example')
    await send(messageTo(mobile, 'one'))
    await send(messageTo(mobile, 'one'))
    await send(messageTo(mobile, 'two'))
    expect(messageIds(mails())).toEqual(['<one@shop.example>', '<one@shop.example>', '<two@shop.example>'])
  })

  it('is sent at most twice a day for one phone', async () => {
    const { deliver, mails } = await gatewayFor('owner@mail.example')
    const outcomes = [await deliver(), await deliver(), await deliver()].map(({ outcome }) => outcome)
    expect(outcomes).toEqual(['fell_back', 'fell_back', 'failed'])
    await delivery.pass(86_000)
    expect(await deliver()).toMatchObject({ outcome: 'failed', why: 'number_limit' })
    expect(mails()).toHaveLength(2)
    await delivery.pass(401)
    expect(await deliver()).toMatchObject({ outcome: 'fell_back' })
  })
})
