import * as fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { outcomeClasses, type SmsMessage } from '../../src/gateway.ts'
import { createTransport } from '../../src/transport.ts'
import type { Transport } from '../../src/transport.ts'
import { createTwilioGateway } from '../../src/twilio/gateway.ts'
import type { TwilioOptions } from '../../src/twilio/gateway.ts'
import { chooseWording } from '../../src/wording.ts'
import { gatewayContract } from '../contract.ts'
import fixture from '../fixtures/twilio.json' with { type: 'json' }
import { foreignMessage, message } from '../message.ts'
import { answer, serve } from '../servers.ts'

const { answers } = fixture
const success = JSON.stringify(answers.success.body)
const refusal = (code: unknown) => JSON.stringify({ code, message: 'no', more_info: '', status: 400 })

const account = answers.success.body.account_sid
const TWILIO_AUTH_TOKEN = 'a token of tests'

function create(baseUrl: string, transport: Pick<Transport, 'post'>, options: Partial<TwilioOptions> = {}) {
  const now = () => new Date('2026-01-01T19:04:05Z')
  const wordingOf = chooseWording([{ sender: '+15005550006' }])
  const api = { name: 'twilio', base_url: baseUrl, wordingOf, transport, now }
  return createTwilioGateway({ ...api, account, TWILIO_AUTH_TOKEN, ...options })
}

gatewayContract('twilio', {
  create: (baseUrl, transport) => create(baseUrl, transport),
  accepted: { status: 201, body: success, messageId: answers.success.body.sid },
  refusals: [
    { status: 400, body: JSON.stringify(answers.invalidTo.body), class: 'number', code: '21211' },
    { status: 401, body: JSON.stringify(answers.auth.body), class: 'config', code: '20003' },
    { status: 429, body: JSON.stringify(answers.tooMany.body), class: 'retry_same', code: '20429' },
    { status: 429, body: refusal(60203), class: 'number_limit', code: '60203' },
    { status: 400, body: refusal(21612), class: 'switch_now', code: '21612' },
    { status: 400, body: refusal(21617), class: 'template', code: '21617' },
    { status: 500, body: refusal(20500), class: 'ambiguous', code: '20500' },
  ],
  echo: (text) => JSON.stringify({ code: text, message: text, sid: text, error_code: text, status: text }),
})

async function send(
  reply: string,
  { status = 201, headers = {}, options = {}, sent = {} }: Partial<Sending> = {},
) {
  const server = await serve(answer(status, reply, headers))
  const transport = createTransport()
  onTestFinished(() => transport.close())
  const gateway = create(server.url, transport, options)
  const outcome = await gateway.send({ ...message, ...sent }, new AbortController().signal)
  const [head = '', body = ''] = server.requests[0]?.split('\r\n\r\n') ?? []
  return { outcome, head, form: Object.fromEntries(new URLSearchParams(body)) }
}
type Sending = {
  status: number
  headers: Record<string, string>
  options: Partial<TwilioOptions>
  sent: Partial<SmsMessage>
}

describe('a request to Twilio', () => {
  test('is a form, with the account in the address and the token in a header only', async () => {
    const { head, form } = await send(success)
    const [start, ...headers] = head.split('\r\n')
    expect(start).toBe(`POST /2010-04-01/Accounts/${account}/Messages.json HTTP/1.1`)
    expect(headers).toContain('Content-Type: application/x-www-form-urlencoded')
    const basic = Buffer.from(`${account}:a token of tests`).toString('base64')
    expect(headers).toContain(`Authorization: Basic ${basic}`)
    expect(form).toEqual({
      To: '+8613900139000',
      From: '+15005550006',
      Body: message.text,
      ValidityPeriod: '300',
    })
  })

  test('names a sender, a messaging service or both', async () => {
    const app = `MG${'0'.repeat(32)}`
    const alone = await send(success, { options: { wordingOf: () => ({}), app } })
    expect(alone.form).toMatchObject({ MessagingServiceSid: app })
    expect(alone.form).not.toHaveProperty('From')
    const both = await send(success, { options: { app } })
    expect(both.form).toMatchObject({ MessagingServiceSid: app, From: '+15005550006' })
  })

  test.each([
    [-1, '1'],
    [0, '1'],
    [59.9, '59'],
    [36_000, '36000'],
    [36_001, '36000'],
  ])('for a code that lives %d more seconds has a validity of %s', async (secondsLeft, validity) => {
    expect((await send(success, { sent: { secondsLeft } })).form).toMatchObject({ ValidityPeriod: validity })
  })

  test('with an API key has the key and its secret, and the account in the address', async () => {
    const { head } = await send(success, {
      options: { api_key: 'SK0', TWILIO_API_KEY_SECRET: 'secret of the key' },
    })
    const basic = Buffer.from('SK0:secret of the key').toString('base64')
    expect(head).toContain(`Authorization: Basic ${basic}`)
    expect(head).toContain(`/Accounts/${account}/Messages.json`)
  })

  test('to a foreign number has the number and the text of the locale', async () => {
    const { form } = await send(success, { sent: foreignMessage })
    expect(form).toMatchObject({ To: '+85261234567', Body: foreignMessage.text })
  })

  test.each([
    ['https://api.example/callbacks/twilio/t0ken', 'https://api.example/callbacks/twilio/t0ken?echo='],
    ['https://api.example/cb?a=%20b&c', 'https://api.example/cb?a=%20b&c&echo='],
    ['https://api.example:8443', 'https://api.example:8443/?echo='],
  ])('names the configured address for delivery receipts, with our id: %s', async (receiptUrl, address) => {
    const { form } = await send(success, { options: { receiptUrl } })
    expect(form).toMatchObject({ StatusCallback: `${address}${message.id}` })
  })

  test('with an invalid address fails when the gateway is created', () => {
    const transport = createTransport()
    expect(() => create('api.twilio.com', transport)).toThrow('Invalid URL')
    expect(() => create('https://a.example', transport, { receiptUrl: '/cb' })).toThrow('Invalid URL')
  })

  test('keeps a path prefix of the address', async () => {
    const server = await serve(answer(201, success))
    const transport = createTransport()
    onTestFinished(() => transport.close())
    await create(`${server.url}/relay/`, transport).send(message, new AbortController().signal)
    expect(server.requests[0]).toContain('POST /relay/2010-04-01/Accounts/')
  })
})

describe('an answer of Twilio', () => {
  test.each(fixture.codes.filter((row) => /^\d/.test(row.code)))(
    '$code over the wire is $class',
    async (row) => {
      const { outcome } = await send(refusal(Number(row.code)), { status: 400 })
      expect(outcome).toEqual({ class: row.class, code: row.code })
    },
  )

  test.each([400, 401, 403, 404, 422])(
    'with an unlisted code and HTTP %i sends the message to the next gateway',
    async (status) => {
      const { outcome } = await send(refusal(29999), { status })
      expect(outcome).toEqual({ class: 'switch_now', code: '29999' })
    },
  )

  test.each([739146, 1, 1.5, 123456, -21211, 1e21])(
    'with an invalid code is returned without it: %d',
    async (code) => {
      const { outcome } = await send(refusal(code), { status: 400 })
      expect(outcome).toEqual({ class: 'switch_now', code: 'UNKNOWN_CODE' })
    },
  )

  test('with a code that equals the code of the message is returned without it', async () => {
    const { outcome } = await send(refusal(29999), { status: 400, sent: { code: '29999' } })
    expect(outcome).toEqual({ class: 'switch_now', code: 'UNKNOWN_CODE' })
  })

  test.each(['21211', null, [21211], { code: 21211 }, true, undefined])(
    'whose code is not a number is classified by the status: %j',
    async (code) => {
      expect((await send(refusal(code), { status: 400 })).outcome).toEqual({
        class: 'config',
        code: 'HTTP_400',
      })
    },
  )

  test.each([408, 500, 502, 503])('with HTTP %i is always ambiguous', async (status) => {
    expect((await send(refusal(21211), { status })).outcome).toEqual({ class: 'ambiguous', code: '21211' })
    expect((await send(refusal(29999), { status })).outcome).toEqual({
      class: 'ambiguous',
      code: `HTTP_${status}`,
    })
  })

  test('with HTTP 429 says how long to wait, unless its code is about the number', async () => {
    const wait = { status: 429, headers: { 'retry-after': '2' } }
    expect((await send(refusal(20429), wait)).outcome).toEqual({
      class: 'retry_same',
      code: '20429',
      retryAfterMs: 2000,
    })
    expect((await send(refusal(29999), wait)).outcome).toEqual({
      class: 'retry_same',
      code: '29999',
      retryAfterMs: 2000,
    })
    expect((await send(refusal(60203), wait)).outcome).toEqual({ class: 'number_limit', code: '60203' })
  })

  test.each(['accepted', 'queued', 'scheduled', 'sending', 'sent', undefined])(
    'with a created message is accepted: %s',
    async (status) => {
      const { sid } = answers.success.body
      const { outcome } = await send(JSON.stringify({ sid, status }))
      expect(outcome).toEqual({ class: 'accepted', code: 'HTTP_201', messageId: sid })
    },
  )

  test.each([
    [30005, { class: 'number', code: '30005' }],
    [29999, { class: 'ambiguous', code: 'HTTP_201' }],
    [null, { class: 'ambiguous', code: 'HTTP_201' }],
  ])('a message that failed at once says why: %j', async (error_code, expected) => {
    for (const status of ['failed', 'undelivered', 'canceled']) {
      const { sid } = answers.success.body
      const { outcome } = await send(JSON.stringify({ sid, status, error_code }))
      expect(outcome).toEqual(expected)
    }
  })

  test.each([undefined, null, 7, '', 'SM1', `AC${'0'.repeat(32)}`, `SM${'0'.repeat(33)}`])(
    'with HTTP 201 and no message id is ambiguous: %j',
    async (sid) => {
      const { outcome } = await send(JSON.stringify({ sid, status: 'queued' }))
      expect(outcome).toEqual({ class: 'ambiguous', code: 'HTTP_201' })
    },
  )

  test('has a class; only a 2xx is an acceptance, and a 408 or 5xx is ambiguous', async () => {
    const code = fc.oneof(fc.constantFrom(...fixture.codes.map((row) => Number(row.code))), fc.jsonValue())
    const sid = fc.oneof(fc.constant(answers.success.body.sid), fc.jsonValue())
    const told = fc.record({ code, sid, error_code: code, status: fc.constantFrom('queued', 'failed') })
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      told.map((fields) => JSON.stringify(fields)),
    )
    const property = fc.asyncProperty(fc.integer({ min: 100, max: 599 }), body, async (status, text) => {
      const post = () => Promise.resolve({ kind: 'answer' as const, status, headers: {}, body: text })
      const outcome = await create('https://a.example', { post }).send(message, new AbortController().signal)
      expect(outcomeClasses).toContain(outcome.class)
      expect(outcome.code).toMatch(/^\w{1,64}$/)
      expect(outcome.class === 'accepted' && (status < 200 || status > 299)).toBe(false)
      expect(outcome.class === 'ambiguous' || (status !== 408 && status < 500)).toBe(true)
    })
    await fc.assert(property)
  })
})
