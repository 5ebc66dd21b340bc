import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createCcpGateway, signCcp } from '../../src/ccp/gateway.ts'
import { createTransport } from '../../src/transport.ts'
import type { Transport } from '../../src/transport.ts'
import { chooseWording } from '../../src/wording.ts'
import { gatewayContract } from '../contract.ts'
import fixture from '../fixtures/ccp.json' with { type: 'json' }
import { message } from '../message.ts'
import { answer, serve } from '../servers.ts'

const { input, expect: vector } = fixture.vector
const at = new Date(input.instant_utc)
const success = JSON.stringify(fixture.answers.success.body)
const refusal = (statusCode: unknown) => JSON.stringify({ statusCode, statusMsg: '失败' })

function create(baseUrl: string, transport: Transport) {
  const { accountSid, authToken } = input
  const { appId: app, templateId: template } = vector.body
  const wordingOf = chooseWording([{ scenes: ['login'], template }, { template: '2' }])
  const api = { name: 'ccp', base_url: baseUrl, wordingOf, transport, now: () => at }
  return createCcpGateway({ ...api, account: accountSid, CCP_AUTH_TOKEN: authToken, app })
}

gatewayContract('ccp', {
  create,
  accepted: { status: 200, body: success, messageId: fixture.answers.success.body.templateSMS.smsMessageSid },
  refusals: [
    { ...fixture.answers.failure, body: refusal('160042'), class: 'number', code: '160042' },
    { status: 200, body: refusal('160038'), class: 'number_limit', code: '160038' },
    { status: 200, body: refusal('160016'), class: 'retry_same', code: '160016' },
    { status: 200, body: refusal('160032'), class: 'template', code: '160032' },
    { status: 200, body: refusal('160053'), class: 'config', code: '160053' },
    { status: 200, body: refusal('160050'), class: 'switch_now', code: '160050' },
  ],
  echo: (text) => JSON.stringify({ statusCode: text, statusMsg: text, templateSMS: { smsMessageSid: text } }),
  mainlandOnly: true,
})

async function send(body: string, { status = 200, headers = {}, code = '739146', scene = 'login' } = {}) {
  const server = await serve(answer(status, body, headers))
  const transport = createTransport()
  onTestFinished(() => transport.close())
  const sent = { ...message, id: vector.body.reqId, mobile: `+86${vector.body.to}`, code, scene }
  const outcome = await create(server.url, transport).send(sent, new AbortController().signal)
  return { outcome, request: server.requests[0] ?? '' }
}

describe('a request to CCP', () => {
  test('has the signature of the vector', () => {
    const { timestamp, sig, authorization } = signCcp(input.accountSid, input.authToken, at)
    expect({ timestamp, sig, authorization }).toEqual({
      timestamp: input.timestamp,
      sig: vector.sig,
      authorization: vector.authorization,
    })
  })

  test.each(['UTC', 'Asia/Shanghai', 'America/New_York', 'Pacific/Kiritimati'])(
    'has the time of China if the process runs in %s',
    (zone) => {
      vi.stubEnv('TZ', zone)
      onTestFinished(() => void vi.unstubAllEnvs())
      expect(signCcp('a', 'b', at).timestamp).toBe(input.timestamp)
      expect(signCcp('a', 'b', new Date('2026-02-28T16:00:00.999Z')).timestamp).toBe('20260301000000')
    },
  )

  test('has the bytes of the vector', async () => {
    const [code = ''] = vector.body.datas
    const { request } = await send(success, { code })
    const [head = '', body] = request.split('\r\n\r\n')
    const [start, ...headers] = head.split('\r\n')
    expect(start).toBe(`${vector.method} ${vector.path} HTTP/1.1`)
    for (const [name, value] of Object.entries(vector.headers)) expect(headers).toContain(`${name}: ${value}`)
    expect(body).toBe(JSON.stringify(vector.body))
  })

  test('names the template of the scene', async () => {
    const { request } = await send(success, { scene: 'register' })
    expect(request).toContain('"templateId":"2"')
  })

  test('with an invalid address fails when the gateway is created', () => {
    expect(() => create('app.cloopen.com', createTransport())).toThrow('Invalid URL')
  })

  test('keeps a path prefix of the address', async () => {
    const server = await serve(answer(200, success))
    const transport = createTransport()
    onTestFinished(() => transport.close())
    await create(`${server.url}/relay/`, transport).send(message, new AbortController().signal)
    expect(server.requests[0]).toContain(`POST /relay${vector.path} `)
  })
})

describe('an answer of CCP', () => {
  const named = fixture.codes.filter((row) => /^\d{6}/.test(row.code) && row.class !== 'accepted')
  test.each(named)('with code $code is $class', async (row) => {
    const code = row.code.slice(0, 6)
    const { outcome } = await send(refusal(code))
    expect(outcome).toEqual({ class: row.class, code })
  })

  test('with an unlisted code sends the message to the next gateway', async () => {
    expect((await send(refusal('169999'))).outcome).toEqual({ class: 'switch_now', code: '169999' })
    expect((await send(refusal('号码13900139000'))).outcome).toEqual({
      class: 'switch_now',
      code: 'UNKNOWN_CODE',
    })
  })

  test('about a repeated reqId is a duplicate', async () => {
    expect((await send(refusal('160054'))).outcome).toEqual({ class: 'duplicate', code: '160054' })
  })

  test.each([160042, null, ['160042'], { code: '160042' }, undefined])(
    'whose statusCode is not a string is ambiguous: %j',
    async (statusCode) => {
      expect((await send(refusal(statusCode))).outcome).toEqual({ class: 'ambiguous', code: 'HTTP_200' })
    },
  )

  test.each([
    undefined,
    null,
    {},
    { smsMessageSid: 7 },
    { smsMessageSid: '' },
    { smsMessageSid: 'to 13900139000' },
  ])('that accepts is accepted even if the message id is unreadable: %j', async (templateSMS) => {
    const { outcome } = await send(JSON.stringify({ statusCode: '000000', templateSMS }))
    expect(outcome).toEqual({ class: 'accepted', code: '000000' })
  })

  test('with an error status is classified by a known code, otherwise by the status', async () => {
    expect((await send(refusal('160042'), { status: 500 })).outcome).toEqual({
      class: 'number',
      code: '160042',
    })
    expect((await send(refusal('502'), { status: 502 })).outcome).toEqual({
      class: 'ambiguous',
      code: 'HTTP_502',
    })
    expect((await send(refusal('999'), { status: 403 })).outcome).toEqual({
      class: 'config',
      code: 'HTTP_403',
    })
    expect((await send(success, { status: 403 })).outcome).toEqual({ class: 'ambiguous', code: 'HTTP_403' })
    const busy = await send(refusal('160016'), { status: 429, headers: { 'retry-after': '2' } })
    expect(busy.outcome).toEqual({ class: 'retry_same', code: '160016', retryAfterMs: 2000 })
  })
})
