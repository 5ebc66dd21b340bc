import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createContacts } from '@sms-codes/core/codes/contacts'
import { createEmailGateway } from '../../src/email/email-gateway.ts'
import { createSmtpClient } from '../../src/email/smtp-client.ts'
import { messageTo, newMobile, startDelivery } from '../worker.ts'
import { expired, startScriptedSmtp, throwaway, type Act, type Mode, type Phase } from './scripted-smtp.ts'

let delivery: Awaited<ReturnType<typeof startDelivery>>
beforeAll(async () => {
  delivery = await startDelivery()
})
afterAll(() => delivery.stop())

const never = new AbortController().signal

/** Sends one mail to the server at `url`, as compose.ts does. */
async function sendTo(url: string, { requireTls = false, deadlineMs = 10_000, signal = never } = {}) {
  const contacts = createContacts(delivery.redis, delivery.keyring)
  const mobile = newMobile()
  await contacts.put(mobile, { email: 'owner@mail.example', verifiedAt: '2026-01-02T03:04:05.000Z' })
  const transporter = createSmtpClient({ url, requireTls })
  const from = { name: '', address: 'codes@shop.example' }
  const gateway = createEmailGateway({ contacts, transporter, from, deadlineMs })
  return gateway.send(messageTo(mobile), signal)
}

const CASES: [phase: Phase, act: Act, outcome: string, code: string][] = [
  ['greeting', 'close', 'switch_now', 'ECONNECTION'],
  ['greeting', '554 no service for owner@mail.example', 'config', 'EPROTOCOL_554'],
  ['greeting', '421 too many connections', 'retry_same', 'EPROTOCOL_421'],
  ['EHLO', 'close', 'switch_now', 'ECONNECTION'],
  ['EHLO', '421 closing', 'retry_same', 'ECONNECTION_421'],
  ['AUTH', 'close', 'switch_now', 'ECONNECTION'],
  ['AUTH', '535 wrong password', 'config', 'EAUTH_535'],
  ['AUTH', '454 no directory', 'retry_same', 'EAUTH_454'],
  ['MAIL', 'close', 'switch_now', 'ECONNECTION'],
  ['MAIL', '451 later', 'retry_same', 'EENVELOPE_451'],
  ['MAIL', '550 not your domain', 'config', 'EENVELOPE_550'],
  ['RCPT', 'close', 'switch_now', 'ECONNECTION'],
  ['RCPT', '450 greylisted', 'retry_same', 'EENVELOPE_450'],
  ['RCPT', '550 no owner@mail.example here', 'number', 'EENVELOPE_550'],
  ['DATA', 'close', 'switch_now', 'ECONNECTION'],
  ['DATA', '451 later', 'retry_same', 'EENVELOPE_451'],
  ['DATA', '554 no', 'template', 'EENVELOPE_554'],
  ['content', 'close', 'ambiguous', 'ECONNECTION|ESOCKET'],
  ['end', 'close', 'ambiguous', 'ECONNECTION'],
  ['end', '452 full', 'retry_same', 'EMESSAGE_452'],
  ['end', '421 closing', 'retry_same', 'EMESSAGE_421'],
  ['end', '554 spam', 'template', 'EMESSAGE_554'],
]

describe.each<Mode>(['plain', 'starttls', 'implicit'])('over %s SMTP', (mode) => {
  it('a mail is accepted', async () => {
    const server = await startScriptedSmtp({ mode })
    expect(await sendTo(server.url())).toEqual({ class: 'accepted', code: 'OK' })
    expect(server.mails).toHaveLength(1)
  })

  it.each(CASES)('%s: %s gives %s (%s)', async (phase, act, outcome, code) => {
    // In STARTTLS mode, the first greeting and the first EHLO are in clear.
    const server = await startScriptedSmtp({ mode, script: () => ({ [phase]: act }) })
    expect(await sendTo(server.url())).toEqual({
      class: outcome,
      code: expect.stringMatching(new RegExp(`^(${code})$`)) as unknown,
    })
  })

  it.each<Phase>(['greeting', 'EHLO', 'AUTH', 'MAIL', 'RCPT', 'DATA'])(
    '%s without a reply is certain when the deadline ends the mail',
    async (phase) => {
      const server = await startScriptedSmtp({ mode, script: () => ({ [phase]: 'hang' }) })
      expect(await sendTo(server.url(), { deadlineMs: 300 })).toEqual({
        class: 'switch_now',
        code: 'EABORT',
      })
    },
  )

  it.each<Phase>(['content', 'end'])('%s without a reply is ambiguous', async (phase) => {
    const server = await startScriptedSmtp({ mode, script: () => ({ [phase]: 'hang' }) })
    expect(await sendTo(server.url(), { deadlineMs: 4_000 })).toEqual({
      class: 'ambiguous',
      code: 'EABORT',
    })
  })
})

describe.each<Mode>(['starttls', 'implicit'])('the certificate of a server with %s TLS', (mode) => {
  it.each([
    ['is not trusted', throwaway, { isTrusted: false }, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    ['has expired', expired, {}, 'CERT_HAS_EXPIRED'],
    ['is for another name', throwaway, { host: 'localhost' }, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('that %s is a fault of the configuration', async (_what, certificate, url, code) => {
    const server = await startScriptedSmtp({ mode, certificate })
    expect(await sendTo(server.url(url))).toEqual({ class: 'config', code })
    expect(server.mails).toEqual([])
  })

  it.each(['close', 'reset'] as const)(
    'does not arrive if the handshake ends with %s, which is certain',
    async (act) => {
      const server = await startScriptedSmtp({ mode, script: () => ({ handshake: act }) })
      expect(['switch_now', 'config']).toContain((await sendTo(server.url())).class)
    },
  )

  it('does not arrive if the server hangs in the handshake, which is certain', async () => {
    const server = await startScriptedSmtp({ mode, script: () => ({ handshake: 'hang' }) })
    expect(await sendTo(server.url(), { deadlineMs: 300 })).toEqual({
      class: 'switch_now',
      code: 'EABORT',
    })
  })
})

describe('a server that offers no TLS', () => {
  it('gets no mail if TLS is demanded', async () => {
    const server = await startScriptedSmtp()
    expect(await sendTo(server.url(), { requireTls: true })).toEqual({ class: 'config', code: 'ETLS_502' })
    expect(server.mails).toEqual([])
    expect(await sendTo(server.url())).toEqual({ class: 'accepted', code: 'OK' })
  })

  it('is a fault of the configuration on a port for implicit TLS', async () => {
    const server = await startScriptedSmtp()
    const { class: outcome, code } = await sendTo(server.url().replace('smtp:', 'smtps:'))
    expect([outcome, code]).toEqual(['config', expect.stringMatching(/^(ERR_SSL_[A-Z_]+|EPROTO)$/)])
  })
})
