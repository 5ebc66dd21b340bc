import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createAliyunGateway } from '../../src/aliyun/gateway.ts'
import type { AliyunOptions } from '../../src/aliyun/gateway.ts'
import { signRpc } from '../../src/aliyun/signature.ts'
import { createTransport } from '../../src/transport.ts'
import type { SmsMessage } from '../../src/gateway.ts'
import type { PostOptions, Transport } from '../../src/transport.ts'
import { chooseWording } from '../../src/wording.ts'
import { gatewayContract } from '../contract.ts'
import fixture from '../fixtures/aliyun.json' with { type: 'json' }
import { foreignMessage, message } from '../message.ts'
import { answer, serve } from '../servers.ts'

const at = new Date('2026-01-01T19:04:05.678Z')
const nonce = '0f8fad5bd9cb469fa16570867728950e'
const success = JSON.stringify(fixture.answers.success.body)
const refusal = (Code: unknown) => JSON.stringify({ Code, Message: '失败', RequestId: 'R' })
const options = {
  ALIYUN_ACCESS_KEY_ID: 'LTAI5tExampleKeyId00000',
  ALIYUN_ACCESS_KEY_SECRET: 'ExampleAccessKeySecret000000000',
  name: 'aliyun',
  wordingOf: chooseWording([
    { countries: ['HK'], template: 'SMS_200000002', sign_name: 'Demo' },
    { scenes: ['login'], template: 'SMS_100000001', sign_name: '美多商城' },
    { template: 'SMS_2', sign_name: '美多商城' },
  ]),
  now: () => at,
  nonce: () => nonce,
}

const create = (baseUrl: string, transport: Transport) =>
  createAliyunGateway({ ...options, base_url: baseUrl, transport })

gatewayContract('aliyun', {
  create,
  accepted: { status: 200, body: success, messageId: fixture.answers.success.body.BizId },
  refusals: [
    {
      status: 200,
      body: refusal('isv.MOBILE_NUMBER_ILLEGAL'),
      class: 'number',
      code: 'isv.MOBILE_NUMBER_ILLEGAL',
    },
    ...[fixture.answers.perNumberMinute, fixture.answers.perNumberDay].map(({ status, body }) => ({
      status,
      body: JSON.stringify(body),
      class: 'number_limit' as const,
      code: 'isv.BUSINESS_LIMIT_CONTROL',
    })),
    {
      status: 200,
      body: JSON.stringify(fixture.answers.arrears.body),
      class: 'config',
      code: 'isv.AMOUNT_NOT_ENOUGH',
    },
    {
      status: 200,
      body: refusal('isv.SMS_SIGNATURE_ILLEGAL'),
      class: 'template',
      code: 'isv.SMS_SIGNATURE_ILLEGAL',
    },
    {
      status: 400,
      body: JSON.stringify(fixture.answers.badSignature.body),
      class: 'config',
      code: 'SignatureDoesNotMatch',
    },
    { status: 400, body: refusal('Throttling.User'), class: 'retry_same', code: 'Throttling.User' },
    { status: 400, body: refusal('SignatureNonceUsed'), class: 'ambiguous', code: 'SignatureNonceUsed' },
    { status: 200, body: refusal('isp.SYSTEM_ERROR'), class: 'ambiguous', code: 'isp.SYSTEM_ERROR' },
    { status: 503, body: refusal('ServiceUnavailable'), class: 'ambiguous', code: 'ServiceUnavailable' },
  ],
  echo: (text) => JSON.stringify({ Code: text, Message: text, BizId: text, RequestId: text, HostId: text }),
})

type Sent = { status?: number; headers?: Record<string, string> } & Partial<SmsMessage>

async function send(body: string, sent: Sent = {}, changed: Partial<AliyunOptions> = {}) {
  const { status = 200, headers = {}, ...rest } = sent
  const server = await serve(answer(status, body, headers))
  const transport = createTransport()
  onTestFinished(() => transport.close())
  const vendor = 'http://dysmsapi.aliyuncs.com'
  // The gateway is given the vendor's address, and its requests go to the server of this test.
  const post = (url: string, call: PostOptions) => transport.post(url.replace(vendor, server.url), call)
  const gateway = createAliyunGateway({ ...options, base_url: vendor, transport: { post }, ...changed })
  const ofVector = { ...message, id: 'job-0f8fad5b', mobile: '+8613800138000', code: '123456' }
  const outcome = await gateway.send({ ...ofVector, ...rest }, new AbortController().signal)
  const [head = '', form = ''] = server.requests[0]?.split('\r\n\r\n') ?? []
  const [start = '', ...lines] = head.split('\r\n')
  return { outcome, start, lines, form, params: Object.fromEntries(new URLSearchParams(form)) }
}

const vectorOf = <Row extends { id: string }>(rows: Row[], id: string) => {
  const row = rows.find((candidate) => candidate.id === id)
  if (row === undefined) throw new Error(`no vector ${id}`)
  return row
}

describe('a request to Aliyun', () => {
  test('is a form that is signed as in the vector, with nothing in the URL', async () => {
    const vector = vectorOf(fixture.rpc, 'aliyun-rpc-sendsms-post')
    const { start, lines, params, form } = await send(success)
    expect(start).toBe('POST / HTTP/1.1')
    expect(lines).toContain('Content-Type: application/x-www-form-urlencoded')
    expect(params).toEqual({ ...vector.input.params, Signature: vector.expect.signature })
    expect(form.replace(/&Signature=[^&]*/, '')).toBe(vector.expect.canonicalizedQuery)
  })

  test('keeps the leading zero of a code', async () => {
    expect((await send(success, { code: '012345' })).params['TemplateParam']).toBe('{"code":"012345"}')
  })

  test('names the template of the scene', async () => {
    expect((await send(success, { scene: 'register' })).params['TemplateCode']).toBe('SMS_2')
  })

  test('to a foreign number has its country calling code without plus, and the words of the country', async () => {
    const { mobile, country, locale } = foreignMessage
    expect((await send(success, { mobile, country, locale })).params).toMatchObject({
      PhoneNumbers: '85261234567',
      TemplateCode: 'SMS_200000002',
      SignName: 'Demo',
    })
  })

  test('with a temporary access key has its token among the signed parameters', async () => {
    const ALIYUN_SECURITY_TOKEN = 'CAISexampleTokenOfATemporaryKey+/=='
    const { params } = await send(success, {}, { ALIYUN_SECURITY_TOKEN })
    const { Signature, ...signed } = params
    expect(signed['SecurityToken']).toBe(ALIYUN_SECURITY_TOKEN)
    expect(Signature).toBe(signRpc('POST', signed, options.ALIYUN_ACCESS_KEY_SECRET).signature)
    expect((await send(success)).params).not.toHaveProperty('SecurityToken')
  })

  test('has a new nonce each time and the current time', async () => {
    const { nonce: _nonce, now: _now, ...given } = options
    const server = await serve(answer(200, success))
    const transport = createTransport()
    onTestFinished(() => transport.close())
    const gateway = createAliyunGateway({ ...given, base_url: server.url, transport })
    for (let i = 0; i < 3; i++) await gateway.send(message, new AbortController().signal)
    const forms = server.requests.map((request) => new URLSearchParams(request.split('\r\n\r\n')[1]))
    expect(new Set(forms.map((form) => form.get('SignatureNonce'))).size).toBe(3)
    expect(forms[0]?.get('Timestamp')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })

  test.each(['Asia/Shanghai', 'America/New_York'])(
    'has the time in UTC if the process runs in %s',
    async (zone) => {
      vi.stubEnv('TZ', zone)
      onTestFinished(() => void vi.unstubAllEnvs())
      expect((await send(success)).params['Timestamp']).toBe('2026-01-01T19:04:05Z')
    },
  )

  test('with an invalid address fails when the gateway is created', () => {
    expect(() => create('dysmsapi.aliyuncs.com', createTransport())).toThrow('Invalid URL')
  })

  test('keeps a path prefix of the address and does not sign it', async () => {
    const base_url = 'http://dysmsapi.aliyuncs.com/relay/'
    const { start, params } = await send(success, {}, { base_url })
    expect(start).toBe('POST /relay/ HTTP/1.1')
    expect(params['Signature']).toBe(vectorOf(fixture.rpc, 'aliyun-rpc-sendsms-post').expect.signature)
  })
})

describe('an answer of Aliyun', () => {
  const named = fixture.codes.filter((row) => /^[\w.]+$/.test(row.code) && row.class !== 'accepted')
  test.each(named)('with code $code is $class, with HTTP 200 and 400', async ({ code, class: cls }) => {
    for (const status of [200, 400]) {
      expect((await send(refusal(code), { status })).outcome).toEqual({ class: cls, code })
    }
  })

  test('about throttling says how long to wait', async () => {
    const { status, headers, body } = fixture.answers.throttledAccount
    const { outcome } = await send(JSON.stringify(body), { status, headers })
    expect(outcome).toEqual({ class: 'retry_same', code: 'Throttling.User', retryAfterMs: 1000 })
  })

  test.each(['', '-1', '1.5', 'soon', '1000, 2000', '99999999999'])(
    'with an unreadable wait is returned without it: "%s"',
    async (wait) => {
      const { outcome } = await send(refusal('Throttling'), {
        status: 400,
        headers: { 'x-acs-retry-after': wait },
      })
      expect(outcome).toEqual({ class: 'retry_same', code: 'Throttling' })
    },
  )

  test('with an unlisted code is classified by the prefix, or by the HTTP status if that is an error', async () => {
    const outcomeOf = async (code: string, status: number) => (await send(refusal(code), { status })).outcome
    expect(await outcomeOf('isv.NEW_KIND', 200)).toEqual({ class: 'switch_now', code: 'isv.NEW_KIND' })
    expect(await outcomeOf('isp.NEW_KIND', 200)).toEqual({ class: 'ambiguous', code: 'isp.NEW_KIND' })
    expect(await outcomeOf('NewKind', 200)).toEqual({ class: 'ambiguous', code: 'NewKind' })
    expect(await outcomeOf('isv.NEW_KIND', 503)).toEqual({ class: 'ambiguous', code: 'isv.NEW_KIND' })
    expect(await outcomeOf('isp.NEW_KIND', 400)).toEqual({ class: 'ambiguous', code: 'isp.NEW_KIND' })
    expect(await outcomeOf('MissingSignName', 400)).toEqual({ class: 'config', code: 'MissingSignName' })
    expect(await outcomeOf('NewKind', 502)).toEqual({ class: 'ambiguous', code: 'NewKind' })
    expect(await outcomeOf('isv.号码13800138000', 200)).toEqual({ class: 'switch_now', code: 'UNKNOWN_CODE' })
    expect(await outcomeOf('号码13800138000', 400)).toEqual({ class: 'config', code: 'HTTP_400' })
  })

  test('says how long to wait only if it is about throttling', async () => {
    const headers = { 'retry-after': '3', 'x-acs-retry-after': '1000' }
    const doubt = await send(refusal('isp.NEW_KIND'), { status: 429, headers })
    expect(doubt.outcome).toEqual({ class: 'ambiguous', code: 'isp.NEW_KIND' })
    const refused = await send(refusal('Forbidden'), { status: 429, headers })
    expect(refused.outcome).toEqual({ class: 'config', code: 'Forbidden' })
    const busy = await send(refusal('NewKind'), { status: 429, headers })
    expect(busy.outcome).toEqual({ class: 'retry_same', code: 'NewKind', retryAfterMs: 3000 })
  })

  test('that accepts with an error status is ambiguous', async () => {
    expect((await send(success, { status: 403 })).outcome).toEqual({ class: 'ambiguous', code: 'HTTP_403' })
  })

  test.each([7, null, ['OK'], { Code: 'OK' }, true, undefined])(
    'whose Code is not a string is ambiguous: %j',
    async (code) => {
      expect((await send(refusal(code))).outcome).toEqual({ class: 'ambiguous', code: 'HTTP_200' })
    },
  )

  test.each([undefined, null, 7, '', 'to 13800138000', '13800138000^0', '00123456^0000', {}])(
    'that accepts is accepted even if the message id is unreadable: %j',
    async (BizId) => {
      const { outcome } = await send(JSON.stringify({ Code: 'OK', Message: 'OK', BizId }))
      expect(outcome).toEqual({ class: 'accepted', code: 'OK' })
    },
  )
})
