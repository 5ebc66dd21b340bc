import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createHuaweiGateway, type HuaweiOptions } from '../../src/huawei/gateway.ts'
import { signSdk } from '../../src/huawei/signature.ts'
import { createTransport, type Transport } from '../../src/transport.ts'
import { gatewayContract } from '../contract.ts'
import fixture from '../fixtures/huawei.json' with { type: 'json' }
import { message } from '../message.ts'
import { sendOnce, type Sending } from '../send-once.ts'

const { input, expect: vector } = fixture.vector
const { success, failure } = fixture.answers
const [taken] = success.body.result
const account = { appKey: input.ak, appSecret: input.sk }

const create =
  (options: Partial<HuaweiOptions> = {}) =>
  (baseUrl: string, transport: Transport) =>
    createHuaweiGateway({
      name: 'huawei',
      base_url: baseUrl,
      transport,
      account: input.ak,
      HUAWEI_APP_SECRET: input.sk,
      app: '8825010100001',
      wordingOf: ({ scene }) => ({ template: scene === 'login' ? 'a1' : 'b2' }),
      now: () => new Date('2026-01-01T19:04:05Z'),
      ...options,
    })

const ofCall = (code: unknown) => JSON.stringify({ code, description: 'no' })
const ofNumber = (status: unknown) =>
  JSON.stringify({ code: 'E000510', description: 'no', result: [{ ...taken, status }] })

gatewayContract('huawei', {
  create: create(),
  accepted: { status: 200, body: JSON.stringify(success.body), messageId: taken?.smsMsgId ?? '' },
  refusals: [
    { status: 200, body: JSON.stringify(failure.body), class: 'template', code: 'E200028' },
    { status: 200, body: ofNumber('E200041'), class: 'config', code: 'E200041' },
    { status: 403, body: ofCall('E000620'), class: 'config', code: 'E000620' },
    { status: 400, body: ofCall('E000000'), class: 'switch_now', code: 'E000000' },
  ],
  echo: (text) =>
    JSON.stringify({ code: text, description: text, result: [{ status: text, smsMsgId: text }] }),
})

async function send(sending: Partial<Sending> = {}, options: Partial<HuaweiOptions> = {}) {
  const sent = await sendOnce({ create: create(options), reply: JSON.stringify(success.body), ...sending })
  return { ...sent, form: Object.fromEntries(new URLSearchParams(sent.body)) }
}

describe('a request to Huawei', () => {
  test('has the signature of the vector', () => {
    const headers = Object.fromEntries(
      Object.entries(input.headers).map(([name, value]) => [name.toLowerCase(), value]),
    )
    const authorization = signSdk(account, { path: '/sms/batchSendSms/v1', headers, body: input.body })
    expect(authorization).toBe(vector.Authorization)
  })

  test.each(['', '/relay'])('has a signature over what was sent, also with the prefix %j', async (prefix) => {
    const { received, body, start } = await send({ prefix })
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
    const path = `${prefix}/sms/batchSendSms/v1`
    expect(start).toBe(`POST ${path} HTTP/1.1`)
    const names = ['content-type', 'host', 'x-sdk-date']
    const lines = names.map((name) => `${name}:${received.get(name)}\n`).join('')
    const request = `POST\n${path}/\n\n${lines}\n${names.join(';')}\n${sha256(body)}`
    const text = `SDK-HMAC-SHA256\n20260101T190405Z\n${sha256(request)}`
    const signature = createHmac('sha256', account.appSecret).update(text).digest('hex')
    expect(received.get('authorization')).toBe(
      `SDK-HMAC-SHA256 Access=${account.appKey}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
    )
  })

  test('has the channel, the number, the template of the scene, and the code as its only variable', async () => {
    expect((await send()).form).toEqual({
      from: '8825010100001',
      to: '+8613900139000',
      templateId: 'a1',
      templateParas: '["739146"]',
      extend: message.id,
    })
    const abroad = await send({ changed: { mobile: '+85290000000', country: 'HK', scene: 'pay' } })
    expect(abroad.form).toMatchObject({ to: '+85290000000', templateId: 'b2' })
  })

  test('has a sign name, another channel and an address for delivery receipts if they are set', async () => {
    const { form } = await send(
      {},
      {
        wordingOf: () => ({ template: 'a1', sign_name: '演示', sender: '8825010100002' }),
        receiptUrl: 'https://api.example/callbacks/huawei/t0ken',
      },
    )
    expect(form).toMatchObject({
      from: '8825010100002',
      signature: '演示',
      statusCallback: 'https://api.example/callbacks/huawei/t0ken',
    })
  })

  test('with an invalid address fails when the gateway is created', () => {
    expect(() => create()('smsapi.example', createTransport())).toThrow('Invalid URL')
  })
})

describe('an answer of Huawei', () => {
  test('with an unlisted code sends the message to the next gateway', async () => {
    for (const reply of [ofCall('E999999'), ofNumber('E999999')])
      expect((await send({ reply })).outcome).toEqual({ class: 'switch_now', code: 'E999999' })
    for (const code of ['sent to +8613900139000', 'E739146', ''])
      expect((await send({ reply: ofCall(code) })).outcome).toEqual({
        class: 'switch_now',
        code: 'UNKNOWN_CODE',
      })
  })

  test('with an unlisted code and an error status is classified by its status', async () => {
    const outcome = async (status: number, code: string) =>
      (await send({ status, reply: ofCall(code) })).outcome
    expect(await outcome(400, 'E000044')).toEqual({ class: 'config', code: 'E000044' })
    expect(await outcome(502, 'E000044')).toEqual({ class: 'ambiguous', code: 'E000044' })
    expect(await outcome(400, 'to 13900139000')).toEqual({ class: 'config', code: 'HTTP_400' })
  })

  test.each([
    ['accepts the call and refuses the number', { code: '000000', result: [{ status: 'E200028' }] }],
    ['accepts the call and names no number', { code: '000000', result: [] }],
    ['refuses the call and accepts the number', { code: 'E000510', result: [{ status: '000000' }] }],
    ['refuses the key and accepts the number', { code: 'E000111', result: [{ status: '000000' }] }],
    ['refers to a number that it does not name', { code: 'E000510' }],
    ['has a number as its code', { code: 0, result: [{ status: 0 }] }],
  ])('is ambiguous if it %s', async (_what, reply) => {
    const { outcome } = await send({ reply: JSON.stringify(reply) })
    expect(outcome).toEqual({ class: 'ambiguous', code: 'HTTP_200' })
  })

  test('that accepts is accepted even if the message id is unreadable', async () => {
    for (const smsMsgId of [undefined, 7, '', 'to 13900139000', `x${message.code}-12345`]) {
      const reply = JSON.stringify({ code: '000000', result: [{ ...taken, smsMsgId }] })
      expect((await send({ reply })).outcome).toEqual({ class: 'accepted', code: '000000' })
    }
  })
})
