import { describe, expect, test } from 'vitest'
import { createTransport, type Transport } from '../../src/transport.ts'
import { createVonageGateway, type VonageOptions } from '../../src/vonage/gateway.ts'
import { gatewayContract } from '../contract.ts'
import fixture from '../fixtures/vonage.json' with { type: 'json' }
import { message } from '../message.ts'
import { sendOnce, type Sending } from '../send-once.ts'

const { success, throttled, credentials } = fixture.answers
const [taken] = success.body.messages

const create =
  (options: Partial<VonageOptions> = {}) =>
  (baseUrl: string, transport: Transport) =>
    createVonageGateway({
      name: 'vonage',
      base_url: baseUrl,
      transport,
      account: 'abcd1234',
      VONAGE_API_SECRET: 'a secret of tests',
      wordingOf: ({ country }) => ({ sender: country === 'US' ? '15005550006' : 'Demo' }),
      now: () => new Date('2026-01-01T19:04:05Z'),
      ...options,
    })

const parts = (...statuses: unknown[]) =>
  JSON.stringify({ messages: statuses.map((status) => ({ status, 'error-text': 'no' })) })

gatewayContract('vonage', {
  create: create(),
  accepted: { status: 200, body: JSON.stringify(success.body), messageId: taken?.['message-id'] ?? '' },
  refusals: [
    { status: 200, body: JSON.stringify(throttled.body), class: 'retry_same', code: '1' },
    { status: 200, body: JSON.stringify(credentials.body), class: 'config', code: '4' },
    { status: 401, body: JSON.stringify(credentials.body), class: 'config', code: '4' },
    { status: 200, body: parts('7'), class: 'number', code: '7' },
    { status: 200, body: parts('6'), class: 'template', code: '6' },
    { status: 200, body: parts('5'), class: 'ambiguous', code: '5' },
    { status: 200, body: parts('99'), class: 'switch_now', code: '99' },
  ],
  echo: (text) =>
    JSON.stringify({ messages: [{ status: text, 'error-text': text, 'message-id': text, to: text }] }),
})

async function send(sending: Partial<Sending> = {}, options: Partial<VonageOptions> = {}) {
  return sendOnce({ create: create(options), reply: JSON.stringify(success.body), ...sending })
}

describe('a request to Vonage', () => {
  test('is JSON, with the number without plus, and with the secret in a header only', async () => {
    const { start, received, body } = await send()
    expect(start).toBe('POST /sms/json HTTP/1.1')
    expect(received.get('content-type')).toBe('application/json')
    const basic = Buffer.from('abcd1234:a secret of tests').toString('base64')
    expect(received.get('authorization')).toBe(`Basic ${basic}`)
    expect(JSON.parse(body)).toEqual({
      from: 'Demo',
      to: '8613900139000',
      text: message.text,
      type: 'unicode',
      ttl: 300_000,
      'client-ref': message.id,
    })
  })

  test('has the sender of the country', async () => {
    const { body } = await send({ changed: { mobile: '+12025550123', country: 'US' } })
    expect(JSON.parse(body)).toMatchObject({ from: '15005550006', to: '12025550123' })
  })

  test.each([
    ['Your code is 739146.\n\n@shop.example #739146', 'text'],
    ['Votre code à usage unique : 739146', 'unicode'],
    ['您的驗證碼是739146', 'unicode'],
    ['Code `739146`', 'unicode'],
  ])('has a type that keeps every character of the text: %j', async (text, type) => {
    const { body } = await send({ changed: { text } })
    expect(JSON.parse(body)).toMatchObject({ text, type })
  })

  test.each([
    [-1, 20_000],
    [19.9, 20_000],
    [59.9, 59_000],
    [300, 300_000],
  ])('for a code that lives %d more seconds has a ttl of %d', async (secondsLeft, ttl) => {
    expect(JSON.parse((await send({ changed: { secondsLeft } })).body)).toMatchObject({ ttl })
  })

  test('names the configured address for delivery receipts', async () => {
    const callback = 'https://api.example/callbacks/vonage/t0ken'
    expect(JSON.parse((await send({}, { receiptUrl: callback })).body)).toMatchObject({ callback })
  })

  test('keeps a path prefix of the address', async () => {
    expect((await send({ prefix: '/relay/' })).start).toBe('POST /relay/sms/json HTTP/1.1')
  })

  test('with an invalid address fails when the gateway is created', () => {
    expect(() => create()('rest.nexmo.com', createTransport())).toThrow('Invalid URL')
  })
})

describe('an answer of Vonage', () => {
  test('about a text in parts is accepted if one part was taken', async () => {
    expect((await send({ reply: parts('1', '0') })).outcome).toEqual({ class: 'accepted', code: '0' })
    expect((await send({ reply: parts('7', '1') })).outcome).toEqual({ class: 'number', code: '7' })
  })

  test.each([[[]], [{}], ['0'], [[null]], [[['0']]], [[{ status: 0 }]], [[{ status: null }]]])(
    'without a readable status is ambiguous: %j',
    async (messages) => {
      const { outcome } = await send({ reply: JSON.stringify({ messages }) })
      expect(outcome).toEqual({ class: 'ambiguous', code: 'HTTP_200' })
    },
  )

  test('with an unlisted status is returned without prose', async () => {
    for (const status of ['no', '1000', '00', ''])
      expect((await send({ reply: parts(status) })).outcome).toMatchObject({ class: 'switch_now' })
    expect((await send({ reply: parts('sent to 13900139000') })).outcome.code).toBe('UNKNOWN_CODE')
  })

  test('that accepts is accepted even if the message id is unreadable', async () => {
    for (const id of [undefined, 7, '', 'to 13900139000', 'A139001390009'])
      expect(
        (await send({ reply: JSON.stringify({ messages: [{ status: '0', 'message-id': id }] }) })).outcome,
      ).toEqual({ class: 'accepted', code: '0' })
  })
})
