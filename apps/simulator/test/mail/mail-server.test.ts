import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ADDRESS, greeting, mailTo, smtpPortOf } from '../mail-client.ts'
import { anyNumber, anyText, startSimulator, textLike, type Simulator } from '../running-simulator.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

const mails = (to?: string) => simulator.get(`/_sim/mails${to === undefined ? '' : `?to=${to}`}`)

describe('the mail server', () => {
  test('stores a mail as it was sent, and finds the code in it', async () => {
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
  ])('finds the code by its number of digits in %s', async (text, code) => {
    await (await mailTo(simulator)).send(ADDRESS, text)
    expect(await mails()).toMatchObject([{ code }])
  })

  test('finds a code of four digits, and takes no masked number for it', async () => {
    const text = '138****8000：您的验证码是0042，请于5分钟内正确输入。'
    await (await mailTo(simulator)).send(ADDRESS, text, '验证码')
    expect(await mails()).toMatchObject([{ code: '0042' }])
  })

  test('stores a mail once per recipient, newest last, with and without a password', async () => {
    const client = await mailTo(simulator)
    await client.send('a@example.com, b@example.com')
    await (await mailTo(simulator, { auth: { user: 'any-user', pass: 'anything' } })).send('a@example.com')
    expect(await mails()).toMatchObject([
      { to: 'a@example.com' },
      { to: 'b@example.com' },
      { to: 'a@example.com' },
    ])
    expect(await mails('B@Example.com')).toMatchObject([{ to: 'b@example.com' }])
    await simulator.reset()
    expect(await mails()).toEqual([])
  })

  test('stops with the simulator, even while a client is connected', async () => {
    const other = await startSimulator()
    const client = await mailTo(other, { pool: true })
    await client.send()
    const port = await smtpPortOf(other)
    await other.close()
    client.close()
    await expect(greeting(port)).rejects.toThrow('ECONNREFUSED')
  })
})
