import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createMailbox } from '../src/mail/mailbox.ts'
import { createSequence } from '../src/vendors/sequence.ts'
import { ADDRESS, greeting, mailTo, smtpPortOf } from './mail-client.ts'
import { readUntil } from './read-events.ts'
import { anyNumber, anyText, startSimulator, textLike, type Simulator } from './running-simulator.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

const mails = (to?: string) => simulator.get(`/_sim/mails${to === undefined ? '' : `?to=${to}`}`)

describe('the mail server', () => {
  test('takes a mail as it was written, and finds the code in it', async () => {
    const { messageId } = await (await mailTo(simulator)).send()
    expect(await mails()).toEqual([
      {
        seq: anyNumber,
        to: ADDRESS,
        from: 'codes@example.org',
        subject: '验证码 482913',
        text: textLike(/^您的验证码是 482913,5 分钟内有效。\s*$/),
        html: textLike(/^<p>您的验证码是 482913/),
        code: '482913',
        message_id: messageId,
        headers: {
          'auto-submitted': 'auto-generated',
          'content-type': textLike(/^multipart\/alternative/),
          date: anyText,
          from: textLike(/sms-codes.* <codes@example\.org>/),
          to: ADDRESS,
        },
        at: anyNumber,
      },
    ])
  })

  test.each([
    ['10 位 1234567890 也是', '1234567890'],
    ['138****8000 在 2026 年请求', '482913'],
    ['13800138000 不是验证码', '482913'],
  ])('takes for a code what has the digits of one: %s', async (text, code) => {
    await (await mailTo(simulator)).send(ADDRESS, text)
    expect(await mails()).toMatchObject([{ code }])
  })

  test('keeps a mail for each recipient, newest last, and asks nobody for a password', async () => {
    const client = await mailTo(simulator)
    await client.send('a@example.com, b@example.com')
    await (await mailTo(simulator, { auth: { user: 'anybody', pass: 'anything' } })).send('a@example.com')
    expect(await mails()).toMatchObject([
      { to: 'a@example.com' },
      { to: 'b@example.com' },
      { to: 'a@example.com' },
    ])
    expect(await mails('B@Example.com')).toMatchObject([{ to: 'b@example.com' }])
    await simulator.reset()
    expect(await mails()).toEqual([])
  })

  test('is closed with the simulator, also while a client is connected', async () => {
    const other = await startSimulator()
    const client = await mailTo(other, { pool: true })
    await client.send()
    const port = await smtpPortOf(other)
    await other.close()
    client.close()
    await expect(greeting(port)).rejects.toThrow('ECONNREFUSED')
  })

  test('forgets the oldest mail when the box is full', () => {
    const box = createMailbox({ capacity: 2, sequence: createSequence() })
    const mail = { from: '', subject: '', text: null, html: null, code: null, message_id: null, headers: {} }
    for (const to of ['a', 'b', 'c']) box.record({ ...mail, to, at: 0 })
    expect(box.list().map(({ to }) => to)).toEqual(['b', 'c'])
  })
})

describe('events', () => {
  test('a mail is an event of its own type for whoever asks for its address', async () => {
    const { text } = await readUntil(
      `${simulator.url}/_sim/events?to=${ADDRESS}`,
      (seen) => seen.includes(ADDRESS),
      async () => {
        await simulator.send()
        const client = await mailTo(simulator)
        await client.send('somebody@example.com')
        await client.send()
      },
    )
    expect(text).toMatch(/id: \d+\nevent: mail\ndata: \{.*"code":"482913"/)
    expect(text).not.toMatch(/somebody|13800138000/)
  })

  test('messages stay without a type, and one "last seen" serves both', async () => {
    await simulator.send({ datas: ['111111', '5'] })
    const client = await mailTo(simulator)
    await client.send()
    const [first] = [await mails()].flat()
    const since = JSON.stringify(first).replace(/.*"seq":(\d+).*/, '$1')
    await client.send('later@example.com')
    await simulator.send({ to: '13900139000', datas: ['222222', '5'] })
    const { text } = await readUntil(
      `${simulator.url}/_sim/events?since=${since}`,
      (seen) => seen.includes('222222'),
      async () => {},
    )
    expect(text).toMatch(/event: mail\ndata: [^\n]*later@[^\n]*\n\nid: \d+\ndata: [^\n]*222222/)
    expect(text).not.toMatch(/111111|li\.lei/)
  })
})
