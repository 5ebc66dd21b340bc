import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEmailGateway } from '../../src/email/email-gateway.ts'
import { createSmtpClient } from '../../src/email/smtp-client.ts'
import { startBothChannels } from '../delivery/both-channels.ts'
import { messageTo } from '../worker.ts'
import { startScriptedSmtp } from './scripted-smtp.ts'

let both: Awaited<ReturnType<typeof startBothChannels>>
beforeAll(async () => {
  both = await startBothChannels()
})
afterAll(() => both.stop())

setFlagsFromString('--expose-gc')
/** Collects every object to which nothing refers. */
const collect = () => {
  runInNewContext('gc()')
}

describe('a mail server that sends a line from time to time and never ends its reply', () => {
  it('holds ten mails only until their deadline, so the eleventh is sent, and every connection is closed', async () => {
    const server = await startScriptedSmtp({
      script: (n) => (n < 10 ? { EHLO: 'drip' } : {}),
    })
    const { contacts } = both
    const transporter = createSmtpClient({ url: server.url(), requireTls: false })
    const from = { name: '', address: 'codes@shop.example' }
    const gateway = createEmailGateway({ contacts, transporter, from, deadlineMs: 2_000 })
    const { stop } = await both.startMailConsumer(gateway)
    const slow = await Promise.all(Array.from({ length: 10 }, () => both.mailed()))
    await expect.poll(() => server.mostOpen(), { timeout: 10_000 }).toBe(10)
    const { send } = await both.mailed()
    const status = async () => {
      collect()
      return (await both.statusOf(send.rid))?.status
    }
    await expect.poll(status, { timeout: 20_000 }).toBe('fell_back')
    expect(server.mails).toHaveLength(1)
    // Certainly no dripping mail left, so the sends return to SMS.
    await expect.poll(() => both.jobsOf('sms'), { timeout: 10_000 }).toHaveLength(10)
    for (const { send: one } of slow)
      expect(await both.statusOf(one.rid)).toMatchObject({ status: 'queued', channel: 'sms' })
    await expect.poll(() => server.open(), { timeout: 15_000 }).toBe(0)
    await stop()
  })
})

describe('a mail that the worker aborts', () => {
  it('has the code ABORTED, because it says nothing about the mail server', async () => {
    const server = await startScriptedSmtp({ script: () => ({ EHLO: 'hang' }) })
    const { mobile } = await both.mailed()
    const gateway = createEmailGateway({
      contacts: both.contacts,
      transporter: createSmtpClient({ url: server.url(), requireTls: false }),
      from: { name: '', address: 'codes@shop.example' },
      deadlineMs: 20_000,
    })
    const abort = new AbortController()
    const outcome = gateway.send(messageTo(mobile), abort.signal)
    await expect.poll(() => server.open(), { timeout: 10_000 }).toBe(1)
    abort.abort()
    expect(await outcome).toEqual({ class: 'switch_now', code: 'ABORTED' })
  })
})
