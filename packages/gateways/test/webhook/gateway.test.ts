import * as fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, onTestFinished, test } from 'vitest'
import { outcomeClasses } from '../../src/gateway.ts'
import { createTransport } from '../../src/transport.ts'
import type { Transport } from '../../src/transport.ts'
import { createWebhookGateway } from '../../src/webhook/gateway.ts'
import type { WebhookOptions } from '../../src/webhook/gateway.ts'
import { readSecret } from '../../src/webhook/signature.ts'
import { gatewayContract } from '../contract.ts'
import fixture from '../fixtures/webhook.json' with { type: 'json' }
import { foreignMessage, message as contractMessage } from '../message.ts'
import { answer, serve } from '../servers.ts'

const success = JSON.stringify(fixture.answers.success.body)
const [older, newer] = ['a', 'b'].map((letter) => `whsec_${letter.repeat(32)}`)
const message = { ...contractMessage, secondsLeft: 290 }

function create(url: string, transport: Pick<Transport, 'post'>, options: Partial<WebhookOptions> = {}) {
  return createWebhookGateway({
    base_url: url,
    WEBHOOK_SECRETS: [readSecret(older ?? '')],
    idempotent: true,
    name: 'webhook',
    wordingOf: ({ scene, country }) => (country === 'CN' ? { template: `${scene}-text` } : {}),
    transport,
    now: () => new Date('2026-01-01T19:04:05Z'),
    ...options,
  })
}

gatewayContract('webhook', {
  create: (baseUrl, transport) => create(baseUrl, transport),
  accepted: { status: 200, body: success, messageId: fixture.answers.success.body.id },
  statusSuffices: true,
  refusals: [
    { status: 409, body: '', class: 'duplicate', code: 'HTTP_409' },
    { status: 422, body: '{"class":"number"}', class: 'number', code: 'HTTP_422' },
    { status: 400, body: '{"class":"number_limit"}', class: 'number_limit', code: 'HTTP_400' },
    { status: 400, body: '{"class":"config"}', class: 'config', code: 'HTTP_400' },
    { status: 422, body: '', class: 'template', code: 'HTTP_422' },
    { status: 410, body: '', class: 'config', code: 'HTTP_410' },
    { status: 429, body: '', class: 'retry_same', code: 'HTTP_429' },
  ],
  echo: (text) => JSON.stringify({ id: text, class: text, code: text, message: text }),
})

async function send(status: number, reply: string, options: Partial<WebhookOptions> = {}, sent = message) {
  const server = await serve(answer(status, reply))
  const transport = createTransport()
  onTestFinished(() => transport.close())
  const gateway = create(`${server.url}/sms?a=b`, transport, options)
  const outcome = await gateway.send(sent, new AbortController().signal)
  const [head = '', body = ''] = server.requests[0]?.split('\r\n\r\n') ?? []
  const [start, ...lines] = head.split('\r\n')
  const headers: Record<string, string> = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(': ')).toLowerCase(),
      line.slice(line.indexOf(': ') + 2),
    ]),
  )
  return { outcome, start, headers, body }
}

describe('a request to a receiver', () => {
  test('contains the message as JSON and its id in the headers', async () => {
    const { start, headers, body } = await send(200, success)
    expect(start).toBe('POST /sms?a=b HTTP/1.1')
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': message.id,
      'webhook-id': message.id,
      'webhook-timestamp': '1767294245',
    })
    expect(JSON.parse(body)).toEqual({
      id: message.id,
      to: '+8613900139000',
      template: 'login-text',
      locale: 'zh-CN',
      params: { code: '739146', minutes: '5' },
      expires_at: '2026-01-01T19:08:55.000Z',
    })
  })

  test('to a foreign number names its locale, and the usual template if none is set', async () => {
    const { body } = await send(200, success, {}, foreignMessage)
    expect(JSON.parse(body)).toMatchObject({
      to: '+85261234567',
      template: 'verification-code',
      locale: 'en',
    })
  })

  test('is verified by the library of the standard, with either secret', async () => {
    const secrets = [older ?? '', newer ?? '']
    const { headers, body } = await send(200, success, {
      WEBHOOK_SECRETS: secrets.map(readSecret),
      now: () => new Date(),
    })
    for (const secret of secrets) {
      expect(new Webhook(secret).verify(body, headers)).toMatchObject({ id: message.id })
      expect(() => new Webhook(secret).verify(body.replace('739146', '000000'), headers)).toThrow(
        'No matching signature',
      )
    }
  })

  test('with an invalid address or without a key fails when the gateway is created', () => {
    const transport = createTransport()
    expect(() => create('sms.example', transport)).toThrow('Invalid URL')
    expect(() => create('https://sms.example', transport, { WEBHOOK_SECRETS: [] })).toThrow(
      'at least one secret',
    )
  })
})

describe('an answer of a receiver', () => {
  const rows = fixture.codes.flatMap(({ statuses, ...row }) => statuses.map((status) => ({ ...row, status })))
  test.each(rows)('with HTTP $status is $class ($note)', async (row) => {
    const { outcome } = await send(row.status, '')
    expect(outcome).toEqual({ class: row.class, code: `HTTP_${row.status}` })
  })

  test('with HTTP 409 is ambiguous if the receiver is not idempotent', async () => {
    const { outcome } = await send(409, '', { idempotent: false })
    expect(outcome).toEqual({ class: 'ambiguous', code: 'HTTP_409' })
  })

  test.each([true, false])('with a 5xx is ambiguous, idempotent or not: %s', async (idempotent) => {
    const { outcome } = await send(503, '{"class":"number"}', { idempotent })
    expect(outcome).toEqual({ class: 'ambiguous', code: 'HTTP_503' })
  })

  test.each(['number', 'number_limit', 'template', 'config'])(
    'that refuses may name the class %s',
    async (cls) => {
      expect((await send(422, JSON.stringify({ class: cls }))).outcome.class).toBe(cls)
    },
  )

  test.each([
    'accepted',
    'duplicate',
    'retry_same',
    'switch_now',
    'ambiguous',
    'NUMBER',
    '',
    7,
    null,
    ['number'],
  ])('that refuses with another class is about the template: %j', async (cls) => {
    expect((await send(400, JSON.stringify({ class: cls }))).outcome.class).toBe('template')
  })

  test.each([
    ['a number', 7],
    ['nothing', ''],
    ['spaces', 'a b'],
    ['too long', 'a'.repeat(65)],
    ['the number in it', 'to-13900139000'],
    ['the code in it', 'sms:739146'],
  ])('with an unsafe id is returned without it: %s', async (_what, id) => {
    expect((await send(202, JSON.stringify({ id }))).outcome).toEqual({ class: 'accepted', code: 'HTTP_202' })
  })

  test('has a class, and only a 2xx is an acceptance', async () => {
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom('{"class":"accepted"}', '{"class":"__proto__"}'),
    )
    const property = fc.asyncProperty(fc.integer({ min: 100, max: 599 }), body, async (status, text) => {
      const post = () => Promise.resolve({ kind: 'answer' as const, status, headers: {}, body: text })
      const outcome = await create('https://a.example', { post }).send(message, new AbortController().signal)
      expect(outcomeClasses).toContain(outcome.class)
      expect(outcome.code).toBe(`HTTP_${status}`)
      expect(outcome.class === 'accepted').toBe(status >= 200 && status <= 299)
    })
    await fc.assert(property)
  })
})
