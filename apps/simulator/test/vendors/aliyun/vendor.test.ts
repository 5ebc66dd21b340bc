import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import vectors from '../../fixtures/signatures.json' with { type: 'json' }
import { aliyunMessage, aliyunRpc } from '../../requests/aliyun.ts'
import { part, type RawRequest } from '../../requests/request.ts'
import { anyText, startSimulator, textLike, type Simulator } from '../../running-simulator.ts'

const MINUTE_MS = 60_000
const NOON = Date.parse('2026-05-01T04:00:00Z')

let simulator: Simulator
beforeAll(async () => {
  // A message lands when a test moves the clock, and on a slow machine not before.
  simulator = await startSimulator({ SIMULATOR_RECEIPT_DELAY_MS: String(MINUTE_MS) })
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

async function codeOf(request: RawRequest): Promise<unknown> {
  return part(await simulator.request(request), 'Code')
}

describe('the caller', () => {
  test('the signature of the published example is accepted at the time of its timestamp', async () => {
    const { input, expect: wanted } = vectors['aliyun-rpc-sendsms-post']
    await simulator.advance(Date.parse(input.params.Timestamp) - Date.now())
    const answer = await simulator.request({
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...input.params, Signature: wanted.signature }).toString(),
    })
    // The example has a sign name of its own, and only a caller that signed is told so.
    expect(part(answer, 'Code')).toBe('isv.SMS_SIGNATURE_ILLEGAL')
  })

  test('a message is accepted, and the outbox lists it', async () => {
    const answer = await simulator.request(aliyunRpc())
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toEqual({
      Code: 'OK',
      Message: 'OK',
      BizId: textLike(/^\d{18}\^0$/),
      RequestId: anyText,
    })
    expect(await simulator.outbox('13800138000')).toMatchObject([
      {
        code: '123456',
        minutes: 5,
        gateway: 'aliyun',
        echo: 'job-1',
        lost: false,
        number: '+8613800138000',
        country: 'CN',
        template: 'SMS_100000001',
        locale: 'zh-CN',
        sign_name: '演示',
      },
    ])
  })

  test.each([
    ['a form by POST', 'POST'],
    ['a query by GET', 'GET'],
  ])('%s is accepted', async (_name, method) => {
    expect(await codeOf(aliyunRpc({ method }))).toBe('OK')
    expect(await simulator.outbox()).toHaveLength(1)
  })

  test.each([
    ['a wrong secret', { secret: 'another' }, 400, 'SignatureDoesNotMatch'],
    ['an unknown key', { key: 'LTAIunknown' }, 404, 'InvalidAccessKeyId.NotFound'],
    [
      'a timestamp that is 16 minutes old',
      { at: Date.now() - 16 * MINUTE_MS },
      400,
      'InvalidTimeStamp.Expired',
    ],
    [
      'a timestamp that is 16 minutes ahead',
      { at: Date.now() + 16 * MINUTE_MS },
      400,
      'InvalidTimeStamp.Expired',
    ],
    ['a timestamp in another format', { timestamp: '2026-01-01 00:00:00' }, 400, 'InvalidTimeStamp.Format'],
    ['another version', { version: '2014-05-26' }, 400, 'InvalidVersion'],
    ['another action', { action: 'SendFax' }, 404, 'InvalidAction.NotFound'],
  ])('%s is refused', async (_name, send, status, code) => {
    const answer = await simulator.request(aliyunRpc(send))
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.body)).toEqual({
      Code: code,
      Message: anyText,
      RequestId: anyText,
      HostId: 'dysmsapi.aliyuncs.com',
    })
    expect(await simulator.outbox()).toEqual([])
  })

  test('a nonce is accepted once, and again after 31 minutes', async () => {
    const at = Date.now()
    expect(await codeOf(aliyunRpc({ nonce: 'n' }))).toBe('OK')
    expect(await codeOf(aliyunRpc({ nonce: 'n' }))).toBe('SignatureNonceUsed')
    await simulator.advance(31 * MINUTE_MS)
    expect(await codeOf(aliyunRpc({ nonce: 'n', at: at + 31 * MINUTE_MS }))).toBe('OK')
  })

  test('a request with a wrong signature does not use up its nonce', async () => {
    expect(await codeOf(aliyunRpc({ nonce: 'n', secret: 'another' }))).toBe('SignatureDoesNotMatch')
    expect(await codeOf(aliyunRpc({ nonce: 'n' }))).toBe('OK')
  })

  test('a request without a caller is told the first parameter that is missing', async () => {
    const answer = await simulator.request({ path: '/', headers: {}, body: '' })
    expect([answer.status, part(answer, 'Code')]).toEqual([400, 'MissingAccessKeyId'])
  })
})

describe('the message', () => {
  test.each([
    ['no number', { PhoneNumbers: undefined }, 'MissingPhoneNumbers'],
    ['no signature', { SignName: undefined }, 'MissingSignName'],
    ['no template', { TemplateCode: undefined }, 'MissingTemplateCode'],
    ['an invalid number', { PhoneNumbers: '1380013800' }, 'isv.MOBILE_NUMBER_ILLEGAL'],
    ['an unknown signature', { SignName: '别人' }, 'isv.SMS_SIGNATURE_ILLEGAL'],
    ['an unknown template', { TemplateCode: 'SMS_7' }, 'isv.SMS_TEMPLATE_ILLEGAL'],
    ['no variables', { TemplateParam: undefined }, 'isv.TEMPLATE_MISSING_PARAMETERS'],
    ['variables without the code', { TemplateParam: '{}' }, 'isv.TEMPLATE_MISSING_PARAMETERS'],
    ['variables that are not JSON', { TemplateParam: 'code=1' }, 'isv.INVALID_JSON_PARAM'],
    ['variables in a JSON array', { TemplateParam: '["123456"]' }, 'isv.INVALID_JSON_PARAM'],
    ['two variables', { TemplateParam: '{"code":"123456","min":"5"}' }, 'isv.TEMPLATE_PARAMS_ILLEGAL'],
    ['a code that is a number', { TemplateParam: '{"code":123456}' }, 'isv.TEMPLATE_PARAMS_ILLEGAL'],
    ['a code with a blank', { TemplateParam: '{"code":"123 456"}' }, 'isv.TEMPLATE_PARAMS_ILLEGAL'],
    ['a code of seven characters', { TemplateParam: '{"code":"1234567"}' }, 'isv.PARAM_LENGTH_LIMIT'],
    ['a code of three characters', { TemplateParam: '{"code":"123"}' }, 'isv.PARAM_LENGTH_LIMIT'],
  ])('%s is refused and sends nothing', async (_name, params, code) => {
    const answer = await simulator.request(aliyunRpc({ params: aliyunMessage(params) }))
    expect(part(answer, 'Code')).toBe(code)
    expect(answer.status).toBe(code.startsWith('isv.') ? 200 : 400)
    expect(await simulator.outbox()).toEqual([])
  })

  test('several numbers in one call are refused', async () => {
    const params = aliyunMessage({ PhoneNumbers: '13800138001,13800138002' })
    expect(await codeOf(aliyunRpc({ params }))).toBe('isv.MOBILE_COUNT_OVER_LIMIT')
    expect(await simulator.outbox()).toEqual([])
  })

  test('the outbox lists the minutes in the text of the registered template', async () => {
    await simulator.request(aliyunRpc({ params: aliyunMessage({ TemplateCode: 'SMS_100000002' }) }))
    expect(await simulator.outbox()).toMatchObject([
      { minutes: 2, text: '【演示】您的验证码是123456，请于2分钟内正确输入' },
    ])
  })

  test('the same OutId twice sends two messages', async () => {
    await simulator.request(aliyunRpc())
    await simulator.advance(MINUTE_MS)
    await simulator.request(aliyunRpc())
    expect(await simulator.outbox()).toMatchObject([{ echo: 'job-1' }, { echo: 'job-1' }])
  })
})

describe('the limits on messages to one number', () => {
  test('allow one in any minute, five in any hour and ten in any day', async () => {
    await simulator.advance(NOON - Date.now())
    let at = NOON
    const send = async (afterMs: number) => {
      at += afterMs
      await simulator.advance(afterMs)
      const answer = await simulator.request(aliyunRpc({ at }))
      return part(answer, 'Code') === 'OK' ? 'OK' : part(answer, 'Message')
    }
    expect(await send(0)).toBe('OK')
    // The clock also goes on while the test runs.
    expect(await send(30_000)).toBe('触发分钟级流控Permits:1')
    for (let i = 0; i < 4; i += 1) expect(await send(MINUTE_MS)).toBe('OK')
    expect(await send(MINUTE_MS)).toBe('触发小时级流控Permits:5')
    for (let i = 0; i < 5; i += 1) expect(await send(60 * MINUTE_MS)).toBe('OK')
    expect(await send(60 * MINUTE_MS)).toBe('触发天级流控Permits:10')
    expect(await send(24 * 60 * MINUTE_MS)).toBe('OK')
  })

  test('answer status 200 and do not affect another number', async () => {
    await simulator.request(aliyunRpc())
    const answer = await simulator.request(aliyunRpc())
    expect([answer.status, part(answer, 'Code')]).toEqual([200, 'isv.BUSINESS_LIMIT_CONTROL'])
    expect(await codeOf(aliyunRpc({ params: aliyunMessage({ PhoneNumbers: '13900139000' }) }))).toBe('OK')
  })

  test('can be switched off', async () => {
    const free = await startSimulator({ SIMULATOR_VENDOR_LIMITS: 'off' })
    for (let i = 0; i < 12; i += 1) expect(part(await free.request(aliyunRpc()), 'Code')).toBe('OK')
    await free.close()
  })
})

describe('QuerySendDetails', () => {
  const query = (params: Record<string, string> = {}) =>
    simulator.request(
      aliyunRpc({
        action: 'QuerySendDetails',
        params: {
          PhoneNumber: '13800138000',
          SendDate: new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10).replaceAll('-', ''),
          PageSize: '10',
          CurrentPage: '1',
          ...params,
        },
      }),
    )
  const details = async (params?: Record<string, string>) =>
    part(await query(params), 'SmsSendDetailDTOs', 'SmsSendDetailDTO')

  test('reports a message with its OutId as under way and then as delivered', async () => {
    expect(await details()).toEqual([])
    await simulator.request(aliyunRpc())
    expect(await details()).toMatchObject([
      { PhoneNum: '13800138000', SendStatus: 1, OutId: 'job-1', TemplateCode: 'SMS_100000001' },
    ])
    await simulator.advance(MINUTE_MS)
    expect(await details()).toMatchObject([{ SendStatus: 3, ErrCode: 'DELIVERED', ReceiveDate: anyText }])
  })

  test('reports a lost message as failed', async () => {
    await simulator.post('/_sim/script', { gateway: 'aliyun', fault: 'undelivered' })
    await simulator.request(aliyunRpc())
    await simulator.advance(MINUTE_MS)
    expect(await details()).toMatchObject([{ SendStatus: 2 }])
  })

  test('leaves out other days, other numbers and other messages', async () => {
    const id = part(await simulator.request(aliyunRpc()), 'BizId')
    expect(await details({ SendDate: '20200101' })).toEqual([])
    expect(await details({ PhoneNumber: '13900139000' })).toEqual([])
    expect(await details({ BizId: 'another' })).toEqual([])
    expect(await details({ BizId: String(id) })).toHaveLength(1)
    expect(await details({ CurrentPage: '2' })).toEqual([])
  })

  test.each([
    [{ PageSize: '51' }, 'isv.INVALID_PARAMETERS'],
    [{ SendDate: '2026-01-01' }, 'isv.INVALID_PARAMETERS'],
    [{ CurrentPage: '' }, 'MissingCurrentPage'],
  ])('refuses %j', async (params, code) => {
    expect(part(await query(params), 'Code')).toBe(code)
  })
})
