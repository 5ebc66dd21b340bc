import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import vectors from './fixtures/signatures.json' with { type: 'json' }
import { part } from './requests/request.ts'
import { TENCENT_APP, tencentMessage, tencentRequest, type TencentSend } from './requests/tencent.ts'
import { anyText, startSimulator, textLike, type Simulator } from './running-simulator.ts'

const HALF_MINUTE_MS = 30_000
const NOON = Date.parse('2026-05-01T04:00:00Z')

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

/** The code beside the number, or else that of the call. */
async function codeOf(send: TencentSend = {}): Promise<unknown> {
  const answer = await simulator.request(tencentRequest(send))
  expect(answer.status).toBe(200)
  return part(answer, 'Response', 'SendStatusSet', 0, 'Code') ?? part(answer, 'Response', 'Error', 'Code')
}

describe('who may send', () => {
  test.each(['tencent-tc3-sendsms-3headers', 'tencent-tc3-sendsms-sdk-shape'] as const)(
    'the known example %s is accepted when the clock stands at its time',
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
      expect(JSON.parse(answer.body)).toEqual({
        Response: {
          SendStatusSet: [
            {
              SerialNo: textLike(/^5000:\d+$/),
              PhoneNumber: '+8613800138000',
              Fee: 1,
              SessionContext: 'job-0f8fad5b',
              Code: 'Ok',
              Message: 'send success',
              IsoCode: 'CN',
            },
          ],
          RequestId: anyText,
        },
      })
      expect(await simulator.outbox('13800138000')).toMatchObject([
        { code: '123456', minutes: 5, gateway: 'tencent', echo: 'job-0f8fad5b' },
      ])
    },
  )

  test.each<[string, TencentSend]>([
    ['the host with its port', { host: '127.0.0.1:3002' }],
    ['the host without its port', { host: '127.0.0.1:3002', signedHost: '127.0.0.1' }],
    ['the first label of the host as the service', { host: '127.0.0.1:3002', service: '127' }],
    ['two headers', { signed: ['content-type', 'host'] }],
    [
      'a type in capitals',
      { contentType: 'application/json; charset=UTF-8', signed: ['content-type', 'host'] },
    ],
  ])('%s may be signed', async (_name, send) => {
    expect(await codeOf(send)).toBe('Ok')
  })

  test.each<[string, TencentSend, string]>([
    ['a wrong key', { key: 'another' }, 'AuthFailure.SignatureFailure'],
    ['another host', { signedHost: 'cvm.tencentcloudapi.com' }, 'AuthFailure.SignatureFailure'],
    ['another service', { service: 'cvm' }, 'AuthFailure.SignatureFailure'],
    ['a host that is not signed', { signed: ['content-type'] }, 'AuthFailure.SignatureFailure'],
    ['a type that is not signed', { signed: ['host'] }, 'AuthFailure.SignatureFailure'],
    ['an unknown id', { id: 'AKIDnobody' }, 'AuthFailure.SecretIdNotFound'],
    ['a clock that is late', { at: Date.now() - 310_000 }, 'AuthFailure.SignatureExpire'],
    ['a clock that is early', { at: Date.now() + 310_000 }, 'AuthFailure.SignatureExpire'],
    ['another version', { version: '2019-07-11' }, 'NoSuchVersion'],
    ['another action', { action: 'SendFax' }, 'InvalidAction'],
    ['no region', { region: '' }, 'MissingParameter'],
    ['a region of no kind', { region: 'Guangzhou' }, 'UnsupportedRegion'],
  ])('%s is refused', async (_name, send, code) => {
    expect(await codeOf(send)).toBe(code)
    expect(await simulator.outbox()).toEqual([])
  })

  test('an authorization of another kind is refused', async () => {
    const request = tencentRequest()
    const answer = await simulator.request({
      ...request,
      headers: { ...request.headers, authorization: 'Basic eDp5' },
    })
    expect(part(answer, 'Response', 'Error', 'Code')).toBe('AuthFailure.InvalidAuthorization')
  })
})

describe('what may be sent', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['no number', { PhoneNumberSet: [] }, 'MissingParameter.EmptyPhoneNumberSet'],
    ['numbers that are no list', { PhoneNumberSet: '+8613800138000' }, 'InvalidParameter'],
    [
      'more than 200 numbers',
      { PhoneNumberSet: Array.from({ length: 201 }, (_, i) => `+86${13_800_138_000 + i}`) },
      'LimitExceeded.PhoneNumberCountLimit',
    ],
    ['no application', { SmsSdkAppId: undefined }, 'MissingParameter'],
    ['an application that is a number', { SmsSdkAppId: 1_400_006_666 }, 'InvalidParameter'],
    ['an unknown application', { SmsSdkAppId: '1' }, 'UnauthorizedOperation.SmsSdkAppIdVerifyFail'],
    ['a context of 512 bytes', { SessionContext: 'x'.repeat(512) }, 'InvalidParameter'],
    ['variables that are no texts', { TemplateParamSet: ['123456', 5] }, 'InvalidParameter'],
    [
      'a number without its country',
      { PhoneNumberSet: ['13800138000'] },
      'InvalidParameterValue.IncorrectPhoneNumber',
    ],
    ['a number that is none', { PhoneNumberSet: ['+861'] }, 'InvalidParameterValue.IncorrectPhoneNumber'],
    [
      'a foreign number',
      { PhoneNumberSet: ['+14155550100'] },
      'UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone',
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

  test('a body that is no JSON is refused', async () => {
    expect(await codeOf({ body: '{"PhoneNumberSet":' })).toBe('FailedOperation.JsonParseFail')
    expect(await codeOf({ contentType: 'text/plain' })).toBe('FailedOperation.JsonParseFail')
  })

  test('every number of a call has its own code', async () => {
    const fields = tencentMessage({ PhoneNumberSet: ['+8613800138001', '+861', '+8613800138002'] })
    const answer = await simulator.request(tencentRequest({ fields }))
    expect(part(answer, 'Response', 'SendStatusSet')).toMatchObject([
      { PhoneNumber: '+8613800138001', Code: 'Ok', Fee: 1 },
      { PhoneNumber: '+861', Code: 'InvalidParameterValue.IncorrectPhoneNumber', Fee: 0, SerialNo: '' },
      { PhoneNumber: '+8613800138002', Code: 'Ok' },
    ])
    expect(await simulator.outbox()).toMatchObject([{ to: '13800138001' }, { to: '13800138002' }])
  })

  test('the same SessionContext twice is two messages', async () => {
    await codeOf()
    await simulator.advance(HALF_MINUTE_MS)
    await codeOf()
    expect(await simulator.outbox()).toMatchObject([{ echo: 'job-1' }, { echo: 'job-1' }])
  })
})

describe('the limits of a number', () => {
  test('the same text waits half a minute, another text does not', async () => {
    expect(await codeOf()).toBe('Ok')
    expect(await codeOf()).toBe('LimitExceeded.PhoneNumberThirtySecondLimit')
    expect(await codeOf({ fields: tencentMessage({ TemplateParamSet: ['654321', '5'] }) })).toBe('Ok')
    await simulator.advance(HALF_MINUTE_MS)
    expect(await codeOf()).toBe('Ok')
  })

  test('ten messages a day of Shanghai, and again after midnight', async () => {
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

describe('what became of a message', () => {
  const records = async (fields: Record<string, unknown> = {}) => {
    const all = { PhoneNumber: '+8613800138000', SmsSdkAppId: TENCENT_APP, Limit: 50, Offset: 0, ...fields }
    const begun = { BeginTime: Math.floor(Date.now() / 1000) - 60, ...all }
    return simulator.request(tencentRequest({ action: 'DescribeSendRecordList', fields: begun }))
  }
  const list = async (fields?: Record<string, unknown>) =>
    part(await records(fields), 'Response', 'SendRecordSet')

  test('it is under way, then delivered, without its context and with the digits hidden', async () => {
    expect(await list()).toEqual([])
    const sent = await simulator.request(tencentRequest())
    const serialNo = part(sent, 'Response', 'SendStatusSet', 0, 'SerialNo')
    const under = await records()
    expect(part(under, 'Response', 'SendRecordSet')).toMatchObject([{ SerialNo: serialNo, SendStatus: 3 }])
    expect(under.body).not.toMatch(/123456|job-1/)
    await simulator.advance(1000)
    expect(await list()).toMatchObject([{ SendStatus: 2, PhoneNumber: '+8613800138000' }])
  })

  test('a message that was lost is an undelivered one', async () => {
    await simulator.post('/_sim/script', { gateway: 'tencent', fault: 'undelivered' })
    await codeOf()
    await simulator.advance(1000)
    expect(await list()).toMatchObject([{ SendStatus: 4 }])
  })

  test('other times and other numbers are not among the answers', async () => {
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
  ])('%j is refused', async (fields, code) => {
    expect(part(await records(fields), 'Response', 'Error', 'Code')).toBe(code)
  })
})
