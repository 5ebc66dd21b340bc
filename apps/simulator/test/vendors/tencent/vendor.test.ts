import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import vectors from '../../fixtures/signatures.json' with { type: 'json' }
import { part } from '../../requests/request.ts'
import { TENCENT_APP, tencentMessage, tencentRequest, type TencentSend } from '../../requests/tencent.ts'
import { anyText, startSimulator, textLike, type Simulator } from '../../running-simulator.ts'

const HALF_MINUTE_MS = 30_000
const MINUTE_MS = 60_000
const NOON = Date.parse('2026-05-01T04:00:00Z')

let simulator: Simulator
beforeAll(async () => {
  // A message lands when a test moves the clock, and on a slow machine not before.
  simulator = await startSimulator({ SIMULATOR_RECEIPT_DELAY_MS: String(MINUTE_MS) })
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

/** The code of the number or, when the whole call failed, the code of the call. */
async function codeOf(send: TencentSend = {}): Promise<unknown> {
  const answer = await simulator.request(tencentRequest(send))
  expect(answer.status).toBe(200)
  return part(answer, 'Response', 'SendStatusSet', 0, 'Code') ?? part(answer, 'Response', 'Error', 'Code')
}

describe('the caller', () => {
  test.each(['tencent-tc3-sendsms-3headers', 'tencent-tc3-sendsms-sdk-shape'] as const)(
    'the signature of the known example %s is accepted at the time of its timestamp',
    async (id) => {
      const { input, expect: wanted } = vectors[id]
      await simulator.advance(input.timestamp * 1000 - Date.now())
      const answer = await simulator.request({
        path: '/',
        headers: {
          ...input.headers,
          'x-tc-action': 'SendSms',
          'x-tc-version': '2021-01-11',
          'x-tc-timestamp': String(input.timestamp),
          'x-tc-region': 'ap-guangzhou',
          authorization: wanted.authorization,
        },
        body: input.payload,
      })
      // The example has an application of its own, and only a caller that signed is told so.
      expect(part(answer, 'Response', 'Error', 'Code')).toBe('UnauthorizedOperation.SmsSdkAppIdVerifyFail')
    },
  )

  test.each(['+8613800138000', '+85290000000'])('a message to %s is accepted', async (number) => {
    const isForeign = number.startsWith('+852')
    const words = isForeign ? { TemplateId: '2220', SignName: undefined, SenderId: 'Demo' } : {}
    const fields = tencentMessage({ PhoneNumberSet: [number], ...words })
    const answer = await simulator.request(tencentRequest({ fields }))
    expect(JSON.parse(answer.body)).toEqual({
      Response: {
        SendStatusSet: [
          {
            SerialNo: textLike(/^5000:\d+$/),
            PhoneNumber: number,
            Fee: 1,
            SessionContext: 'job-1',
            Code: 'Ok',
            Message: 'send success',
            IsoCode: isForeign ? 'HK' : 'CN',
          },
        ],
        RequestId: anyText,
      },
    })
    expect(await simulator.outbox(encodeURIComponent(number))).toMatchObject([
      {
        code: '123456',
        minutes: 5,
        gateway: 'tencent',
        echo: 'job-1',
        number,
        ...(isForeign
          ? { country: 'HK', template: '2220', locale: 'zh-HK', sign_name: null, sender: 'Demo' }
          : { country: 'CN', template: '1110', locale: 'zh-CN', sign_name: '演示', sender: null }),
      },
    ])
  })

  test.each<[string, TencentSend]>([
    ['the host with its port', { host: '127.0.0.1:3002' }],
    ['the host without its port', { host: '127.0.0.1:3002', signedHost: '127.0.0.1' }],
    ['the first label of the host as the service', { host: '127.0.0.1:3002', service: '127' }],
    ['two headers only', { signed: ['content-type', 'host'] }],
    [
      'a content type in capitals',
      { contentType: 'application/json; charset=UTF-8', signed: ['content-type', 'host'] },
    ],
  ])('a signature over %s is accepted', async (_name, send) => {
    expect(await codeOf(send)).toBe('Ok')
  })

  test.each<[string, TencentSend, string]>([
    ['a wrong key', { key: 'another' }, 'AuthFailure.SignatureFailure'],
    ['another host', { signedHost: 'cvm.tencentcloudapi.com' }, 'AuthFailure.SignatureFailure'],
    ['another service', { service: 'cvm' }, 'AuthFailure.SignatureFailure'],
    ['an unsigned host', { signed: ['content-type'] }, 'AuthFailure.SignatureFailure'],
    ['an unsigned content type', { signed: ['host'] }, 'AuthFailure.SignatureFailure'],
    ['an unknown id', { id: 'AKIDunknown' }, 'AuthFailure.SecretIdNotFound'],
    ['a timestamp that is 310 seconds old', { shiftMs: -310_000 }, 'AuthFailure.SignatureExpire'],
    ['a timestamp that is 310 seconds ahead', { shiftMs: 310_000 }, 'AuthFailure.SignatureExpire'],
    ['another version', { version: '2019-07-11' }, 'NoSuchVersion'],
    ['another action', { action: 'SendFax' }, 'InvalidAction'],
    ['no region', { region: '' }, 'MissingParameter'],
    ['a malformed region', { region: 'Guangzhou' }, 'UnsupportedRegion'],
  ])('%s is refused', async (_name, send, code) => {
    expect(await codeOf(send)).toBe(code)
    expect(await simulator.outbox()).toEqual([])
  })

  test('an authorization header of another scheme is refused', async () => {
    const request = tencentRequest()
    const answer = await simulator.request({
      ...request,
      headers: { ...request.headers, authorization: 'Basic eDp5' },
    })
    expect(part(answer, 'Response', 'Error', 'Code')).toBe('AuthFailure.InvalidAuthorization')
  })
})

describe('the message', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['no number', { PhoneNumberSet: [] }, 'MissingParameter.EmptyPhoneNumberSet'],
    ['numbers that are not a list', { PhoneNumberSet: '+8613800138000' }, 'InvalidParameter'],
    [
      'a call with several numbers',
      { PhoneNumberSet: ['+8613800138001', '+8613800138002'] },
      'LimitExceeded.PhoneNumberCountLimit',
    ],
    ['no application', { SmsSdkAppId: undefined }, 'MissingParameter'],
    ['an application that is a number', { SmsSdkAppId: 1_400_006_666 }, 'InvalidParameter'],
    ['an unknown application', { SmsSdkAppId: '1' }, 'UnauthorizedOperation.SmsSdkAppIdVerifyFail'],
    ['a context of 512 bytes', { SessionContext: 'x'.repeat(512) }, 'InvalidParameter'],
    ['variables that are not strings', { TemplateParamSet: ['123456', 5] }, 'InvalidParameter'],
    [
      'a number without its country code',
      { PhoneNumberSet: ['13800138000'] },
      'InvalidParameterValue.IncorrectPhoneNumber',
    ],
    ['an invalid number', { PhoneNumberSet: ['+861'] }, 'InvalidParameterValue.IncorrectPhoneNumber'],
    [
      'a foreign number',
      { PhoneNumberSet: ['+14155550100'] },
      'UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone',
    ],
    [
      'an international template for a number in China',
      { TemplateId: '2221' },
      'UnsupportedOperation.GlobalTemplateToChineseMainlandPhone',
    ],
    [
      'a call with a number in China and a foreign one',
      { PhoneNumberSet: ['+8613800138000', '+85290000000'] },
      'UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber',
    ],
    ['no signature for a number in China', { SignName: undefined }, 'MissingParameter'],
    ['a sender that is a number', { SenderId: 7 }, 'InvalidParameter'],
    [
      'a landline in China',
      { PhoneNumberSet: ['+861088888888'], TemplateId: '2221' },
      'InvalidParameterValue.IncorrectPhoneNumber',
    ],
    ['an unknown signature', { SignName: '别人' }, 'FailedOperation.SignatureIncorrectOrUnapproved'],
    ['an unknown template', { TemplateId: '2' }, 'FailedOperation.TemplateIncorrectOrUnapproved'],
    [
      'one variable',
      { TemplateParamSet: ['123456'] },
      'FailedOperation.TemplateParamSetNotMatchApprovedTemplate',
    ],
    [
      'letters in a variable',
      { TemplateParamSet: ['12345a', '5'] },
      'InvalidParameterValue.TemplateParameterFormatError',
    ],
    [
      'a variable of seven digits',
      { TemplateParamSet: ['1234567', '5'] },
      'InvalidParameterValue.TemplateParameterLengthLimit',
    ],
  ])('%s is refused and sends nothing', async (_name, fields, code) => {
    expect(await codeOf({ fields: tencentMessage(fields) })).toBe(code)
    expect(await simulator.outbox()).toEqual([])
  })

  test('a body that is not JSON is refused', async () => {
    expect(await codeOf({ body: '{"PhoneNumberSet":' })).toBe('FailedOperation.JsonParseFail')
    expect(await codeOf({ contentType: 'text/plain' })).toBe('FailedOperation.JsonParseFail')
  })

  test('the same SessionContext twice sends two messages', async () => {
    await codeOf()
    await simulator.advance(HALF_MINUTE_MS)
    await codeOf()
    expect(await simulator.outbox()).toMatchObject([{ echo: 'job-1' }, { echo: 'job-1' }])
  })
})

describe('the limits on messages to one number', () => {
  test('delay the same text by 30 seconds, but not another text', async () => {
    expect(await codeOf()).toBe('Ok')
    expect(await codeOf()).toBe('LimitExceeded.PhoneNumberThirtySecondLimit')
    expect(await codeOf({ fields: tencentMessage({ TemplateParamSet: ['654321', '5'] }) })).toBe('Ok')
    await simulator.advance(HALF_MINUTE_MS)
    expect(await codeOf()).toBe('Ok')
  })

  test('allow ten messages a day until midnight in Shanghai', async () => {
    let at = NOON
    await simulator.advance(at - Date.now())
    const send = async (afterMs: number) => {
      at += afterMs
      await simulator.advance(afterMs)
      return codeOf({ at })
    }
    for (let i = 0; i < 10; i += 1) expect(await send(HALF_MINUTE_MS)).toBe('Ok')
    expect(await send(HALF_MINUTE_MS)).toBe('LimitExceeded.PhoneNumberDailyLimit')
    expect(await send(12 * 3_600_000)).toBe('Ok')
  })
})

describe('DescribeSendRecordList', () => {
  const records = async (fields: Record<string, unknown> = {}) => {
    const all = { PhoneNumber: '+8613800138000', SmsSdkAppId: TENCENT_APP, Limit: 50, Offset: 0, ...fields }
    const begun = { BeginTime: Math.floor(Date.now() / 1000) - 60, ...all }
    return simulator.request(tencentRequest({ action: 'DescribeSendRecordList', fields: begun }))
  }
  const list = async (fields?: Record<string, unknown>) =>
    part(await records(fields), 'Response', 'SendRecordSet')

  test('reports a message as under way and then as delivered, without its context and its digits', async () => {
    expect(await list()).toEqual([])
    const sent = await simulator.request(tencentRequest())
    const serialNo = part(sent, 'Response', 'SendStatusSet', 0, 'SerialNo')
    const under = await records()
    expect(part(under, 'Response', 'SendRecordSet')).toMatchObject([{ SerialNo: serialNo, SendStatus: 3 }])
    // The serial number has enough digits for any code.
    expect(under.body).not.toMatch(/\b123456\b|job-1/)
    await simulator.advance(MINUTE_MS)
    expect(await list()).toMatchObject([{ SendStatus: 2, PhoneNumber: '+8613800138000' }])
  })

  test('reports a message to a foreign number with its country', async () => {
    const fields = tencentMessage({ PhoneNumberSet: ['+85290000000'], TemplateId: '2220' })
    expect(await codeOf({ fields })).toBe('Ok')
    expect(await list({ PhoneNumber: '+85290000000' })).toMatchObject([{ IsoCode: 'HK', SendStatus: 3 }])
  })

  test('reports a lost message as undelivered', async () => {
    await simulator.post('/_sim/script', { gateway: 'tencent', fault: 'undelivered' })
    await codeOf()
    await simulator.advance(MINUTE_MS)
    expect(await list()).toMatchObject([{ SendStatus: 4 }])
  })

  test('leaves out other times and other numbers', async () => {
    await codeOf()
    const now = Math.floor(Date.now() / 1000)
    expect(await list({ BeginTime: now + 60 })).toEqual([])
    expect(await list({ EndTime: now - 30 })).toEqual([])
    expect(await list({ PhoneNumber: '+8613900139000' })).toEqual([])
    expect(await list({ Offset: 1 })).toEqual([])
    expect(await list()).toHaveLength(1)
  })

  test.each<[Record<string, unknown>, string]>([
    [{ Limit: 51 }, 'InvalidParameter'],
    [{ BeginTime: '1' }, 'InvalidParameter'],
    [{ SmsSdkAppId: '1' }, 'UnauthorizedOperation.SmsSdkAppIdVerifyFail'],
  ])('refuses %j', async (fields, code) => {
    expect(part(await records(fields), 'Response', 'Error', 'Code')).toBe(code)
  })
})
