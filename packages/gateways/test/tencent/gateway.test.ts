import { describe, expect, onTestFinished, test } from 'vitest'
import { createTencentGateway } from '../../src/tencent/gateway.ts'
import type { TencentOptions } from '../../src/tencent/gateway.ts'
import { createTransport } from '../../src/transport.ts'
import type { SmsMessage } from '../../src/gateway.ts'
import type { PostOptions, Transport } from '../../src/transport.ts'
import { chooseWording } from '../../src/wording.ts'
import { gatewayContract } from '../contract.ts'
import fixture from '../fixtures/tencent.json' with { type: 'json' }
import { foreignMessage, message } from '../message.ts'
import { answer, serve } from '../servers.ts'

const found = fixture.tc3.find(({ id }) => id === 'tencent-tc3-sendsms-3headers')
if (found === undefined) throw new Error('no vector of SendSms')
const { input, expect: vector } = found
const success = JSON.stringify(fixture.answers.success.body)
const [accepted] = fixture.answers.success.body.Response.SendStatusSet
const ofNumber = (Code: unknown, rest: object = {}) =>
  JSON.stringify({
    Response: { SendStatusSet: [{ ...accepted, SerialNo: '', Code, ...rest }], RequestId: 'R' },
  })
const ofCall = (Code: unknown) =>
  JSON.stringify({ Response: { Error: { Code, Message: '失败' }, RequestId: 'R' } })
const options = {
  TENCENT_SECRET_ID: input.ids,
  TENCENT_SECRET_KEY: input.key,
  name: 'tencent',
  app: '1400006666',
  region: 'ap-guangzhou',
  wordingOf: chooseWording([
    { countries: ['HK'], template: '2221', sign_name: '美多商城', sender: 'Demo' },
    { countries: ['MO'], template: '2221' },
    { scenes: ['login'], template: '1110', sign_name: '美多商城', sender: 'Demo' },
    { template: '2', sign_name: '美多商城' },
  ]),
  now: () => new Date(input.timestamp * 1000 + 678),
}

function create(baseUrl: string, transport: Transport) {
  return createTencentGateway({ ...options, base_url: baseUrl, transport })
}

gatewayContract('tencent', {
  create,
  accepted: { status: 200, body: success, messageId: accepted?.SerialNo ?? '' },
  refusals: [
    {
      status: 200,
      body: JSON.stringify(fixture.answers.perNumber.body),
      class: 'number_limit',
      code: 'LimitExceeded.PhoneNumberThirtySecondLimit',
    },
    {
      status: 200,
      body: JSON.stringify(fixture.answers.authFailure.body),
      class: 'config',
      code: 'AuthFailure.SignatureFailure',
    },
    ...(
      [
        ['InvalidParameterValue.IncorrectPhoneNumber', 'number'],
        ['FailedOperation.TemplateUnapprovedOrNotExist', 'template'],
        ['RequestLimitExceeded.UinLimitExceeded', 'retry_same'],
        ['ResourceUnavailable', 'switch_now'],
        ['InternalError.Timeout', 'ambiguous'],
      ] as const
    ).map(([code, cls]) => ({ status: 200, body: ofCall(code), class: cls, code })),
  ],
  echo: (text) =>
    JSON.stringify({
      Response: {
        SendStatusSet: [
          { Code: text, Message: text, SerialNo: text, PhoneNumber: text, SessionContext: text },
        ],
        RequestId: text,
      },
    }),
})

type Sent = { status?: number; headers?: Record<string, string> } & Partial<SmsMessage>

async function send(body: string, sent: Sent = {}, changed: Partial<TencentOptions> = {}) {
  const { status = 200, headers = {}, ...rest } = sent
  const server = await serve(answer(status, body, headers))
  const transport = createTransport()
  onTestFinished(() => transport.close())
  const vendor = 'http://sms.tencentcloudapi.com'
  // The gateway is given the vendor's address, so that it signs the vendor's host. Its requests go to this server.
  const post = (url: string, call: PostOptions) => transport.post(url.replace(vendor, server.url), call)
  const gateway = createTencentGateway({ ...options, base_url: vendor, transport: { post }, ...changed })
  const ofVector = { ...message, id: 'job-0f8fad5b', mobile: '+8613800138000', code: '123456' }
  const outcome = await gateway.send({ ...ofVector, ...rest }, new AbortController().signal)
  const [head = '', payload = ''] = server.requests[0]?.split('\r\n\r\n') ?? []
  const [start, ...lines] = head.split('\r\n')
  return { outcome, start, lines, payload }
}

describe('a request to Tencent', () => {
  test('has the bytes of the vector', async () => {
    const { start, lines, payload } = await send(success)
    expect(start).toBe('POST / HTTP/1.1')
    expect(payload).toBe(input.payload)
    for (const [name, value] of Object.entries(input.headers)) expect(lines).toContain(`${name}: ${value}`)
    expect(lines).toContain(`Authorization: ${vector.authorization}`)
    expect(lines).toContain('X-TC-Version: 2021-01-11')
    expect(lines).toContain(`X-TC-Timestamp: ${input.timestamp}`)
    expect(lines).toContain('X-TC-Region: ap-guangzhou')
  })

  test('names the configured region', async () => {
    const { lines } = await send(success, {}, { region: 'ap-beijing' })
    expect(lines).toContain('X-TC-Region: ap-beijing')
  })

  test('names the template of the scene and keeps the leading zero of a code', async () => {
    const { payload } = await send(success, { scene: 'register', code: '012345' })
    expect(JSON.parse(payload)).toMatchObject({ TemplateId: '2', TemplateParamSet: ['012345', '5'] })
  })

  test('to a foreign number has no sign name, and a sender only if one is set', async () => {
    const { mobile } = foreignMessage
    const sentTo = async (country: string): Promise<unknown> =>
      JSON.parse((await send(success, { mobile, country })).payload)
    const hongKong = await sentTo('HK')
    expect(hongKong).toMatchObject({ PhoneNumberSet: ['+85261234567'], TemplateId: '2221', SenderId: 'Demo' })
    expect(hongKong).not.toHaveProperty('SignName')
    expect(await sentTo('MO')).not.toHaveProperty('SenderId')
  })

  test('with an invalid address fails when the gateway is created', () => {
    expect(() => create('sms.tencentcloudapi.com', createTransport())).toThrow('Invalid URL')
  })

  test('keeps a path prefix of the address and does not sign it', async () => {
    const { start, lines } = await send(success, {}, { base_url: 'http://sms.tencentcloudapi.com/relay/' })
    expect(start).toBe('POST /relay/ HTTP/1.1')
    expect(lines).toContain(`Authorization: ${vector.authorization}`)
  })
})

describe('an answer of Tencent', () => {
  const named = fixture.codes.filter((row) => /^[\w.]+$/.test(row.code) && row.class !== 'accepted')
  test.each(named)(
    '$code over the wire is $class, for the number and for the call',
    async ({ code, class: cls }) => {
      for (const body of [ofNumber(code), ofCall(code)]) {
        expect((await send(body)).outcome).toEqual({ class: cls, code })
      }
    },
  )

  test('with an unlisted code sends the message to the next gateway', async () => {
    const outcomeOf = async (body: string) => (await send(body)).outcome
    expect(await outcomeOf(ofNumber('FailedOperation.NewKind'))).toEqual({
      class: 'switch_now',
      code: 'FailedOperation.NewKind',
    })
    expect(await outcomeOf(ofCall('号码13800138000'))).toEqual({ class: 'switch_now', code: 'UNKNOWN_CODE' })
  })

  test.each([7, null, ['Ok'], { Code: 'Ok' }, true])(
    'whose Code is not a string is ambiguous: %j',
    async (code) => {
      for (const body of [ofNumber(code), ofCall(code)]) {
        expect((await send(body)).outcome).toEqual({ class: 'ambiguous', code: 'HTTP_200' })
      }
    },
  )

  test.each([[], null, {}, [null], ['Ok'], { 0: { Code: 'Ok' } }])(
    'without an entry for the number is ambiguous: %j',
    async (SendStatusSet) => {
      const { outcome } = await send(JSON.stringify({ Response: { SendStatusSet, RequestId: 'R' } }))
      expect(outcome).toEqual({ class: 'ambiguous', code: 'HTTP_200' })
    },
  )

  test('about both the call and the number is ambiguous', async () => {
    const both = (call: string, number: string) =>
      JSON.stringify({ Response: { Error: { Code: call }, SendStatusSet: [{ ...accepted, Code: number }] } })
    const refusals = both('AuthFailure.SignatureFailure', 'FailedOperation.ContainSensitiveWord')
    for (const body of [both('AuthFailure', 'Ok'), both('Ok', 'Ok'), ofCall('Ok'), refusals]) {
      expect((await send(body)).outcome).toEqual({ class: 'ambiguous', code: 'HTTP_200' })
    }
  })

  test.each([undefined, null, 7, '', 'to +8613800138000', '5000:13800138000', '5000:1234567', {}])(
    'that accepts is accepted even if the message id is unreadable: %j',
    async (SerialNo) => {
      const { outcome } = await send(ofNumber('Ok', { SerialNo }))
      expect(outcome).toEqual({ class: 'accepted', code: 'Ok' })
    },
  )

  test('with an error status is classified by a known code, otherwise by the status', async () => {
    const outcomeOf = async (body: string, status: number, headers = {}) =>
      (await send(body, { status, headers })).outcome
    const number = 'InvalidParameterValue.IncorrectPhoneNumber'
    expect(await outcomeOf(ofCall(number), 500)).toEqual({ class: 'number', code: number })
    expect(await outcomeOf(ofCall('NewKind'), 502)).toEqual({ class: 'ambiguous', code: 'NewKind' })
    expect(await outcomeOf(ofCall('NewKind'), 403)).toEqual({ class: 'config', code: 'NewKind' })
    expect(await outcomeOf(success, 403)).toEqual({ class: 'ambiguous', code: 'HTTP_403' })
    expect(await outcomeOf(ofCall('RequestLimitExceeded'), 429, { 'retry-after': '2' })).toEqual({
      class: 'retry_same',
      code: 'RequestLimitExceeded',
      retryAfterMs: 2000,
    })
  })
})
