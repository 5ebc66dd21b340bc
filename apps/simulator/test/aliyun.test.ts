import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import vectors from './fixtures/signatures.json' with { type: 'json' }
import { aliyunMessage, aliyunRpc, aliyunV3 } from './requests/aliyun.ts'
import { part, type RawRequest } from './requests/request.ts'
import { anyText, startSimulator, textLike, type Simulator } from './running-simulator.ts'

const MINUTE_MS = 60_000
const NOON = Date.parse('2026-05-01T04:00:00Z')

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

async function codeOf(request: RawRequest): Promise<unknown> {
  return part(await simulator.request(request), 'Code')
}

describe('who may send', () => {
  test('the known RPC example is accepted when the clock stands at its time', async () => {
    const { input, expect: wanted } = vectors['aliyun-rpc-sendsms-post']
    await simulator.advance(Date.parse(input.params.Timestamp) - Date.now())
    const answer = await simulator.request({
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ ...input.params, Signature: wanted.signature }).toString(),
    })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toEqual({
      Code: 'OK',
      Message: 'OK',
      BizId: textLike(/^\d{18}\^0$/),
      RequestId: anyText,
    })
    expect(await simulator.outbox('13800138000')).toMatchObject([
      { code: '123456', minutes: 5, gateway: 'aliyun', echo: 'job-0f8fad5b', lost: false },
    ])
  })

  test.each(['aliyun-acs3-sendsms-query', 'aliyun-acs3-sendsms-form'] as const)(
    'the known V3 example %s is accepted',
    async (id) => {
      const { input, expect: wanted } = vectors[id]
      await simulator.advance(Date.parse(input.headers['x-acs-date']) - Date.now())
      const answer = await simulator.request({
        path: `/?${new URLSearchParams(Object.entries(input.query)).toString()}`,
        headers: { ...input.headers, authorization: wanted.authorization },
        body: 'body' in input ? input.body : '',
      })
      expect(part(answer, 'Code')).toBe('OK')
      expect(await simulator.outbox()).toMatchObject([{ code: '123456', echo: 'job-0f8fad5b' }])
    },
  )

  test.each([
    ['RPC by POST', () => aliyunRpc()],
    ['RPC by GET', () => aliyunRpc({ method: 'GET' })],
    ['V3', () => aliyunV3()],
    [
      'V3 with a further signed header',
      () => aliyunV3({ extra: { 'x-acs-credentials-provider': 'static_ak' } }),
    ],
    ['V3 with the port in the host', () => aliyunV3({ host: '127.0.0.1:3002' })],
  ])('%s is accepted', async (_name, request) => {
    expect(await codeOf(request())).toBe('OK')
    expect(await simulator.outbox()).toHaveLength(1)
  })

  test.each([
    ['a wrong secret', { secret: 'another' }, 400, 'SignatureDoesNotMatch'],
    ['an unknown key', { key: 'LTAInobody' }, 404, 'InvalidAccessKeyId.NotFound'],
    ['a clock that is late', { at: Date.now() - 16 * MINUTE_MS }, 400, 'InvalidTimeStamp.Expired'],
    ['a clock that is early', { at: Date.now() + 16 * MINUTE_MS }, 400, 'InvalidTimeStamp.Expired'],
    ['a time of another form', { timestamp: '2026-01-01 00:00:00' }, 400, 'InvalidTimeStamp.Format'],
    ['another version', { version: '2014-05-26' }, 400, 'InvalidVersion'],
    ['another action', { action: 'SendFax' }, 404, 'InvalidAction.NotFound'],
  ])('%s is refused by both signatures', async (_name, send, status, code) => {
    for (const request of [aliyunRpc(send), aliyunV3(send)]) {
      const answer = await simulator.request(request)
      expect(answer.status).toBe(status)
      expect(JSON.parse(answer.body)).toEqual({
        Code: code,
        Message: anyText,
        RequestId: anyText,
        HostId: 'dysmsapi.aliyuncs.com',
      })
    }
    expect(await simulator.outbox()).toEqual([])
  })

  test.each(['host', 'x-acs-action', 'x-acs-version', 'x-acs-date', 'x-acs-signature-nonce'])(
    'a V3 signature that leaves out %s is none',
    async (unsigned) => {
      expect(await codeOf(aliyunV3({ unsigned }))).toBe('SignatureDoesNotMatch')
    },
  )

  test('a nonce is good once, and again after 31 minutes', async () => {
    const at = Date.now()
    expect(await codeOf(aliyunRpc({ nonce: 'n' }))).toBe('OK')
    expect(await codeOf(aliyunRpc({ nonce: 'n' }))).toBe('SignatureNonceUsed')
    expect(await codeOf(aliyunV3({ nonce: 'n' }))).toBe('SignatureNonceUsed')
    await simulator.advance(31 * MINUTE_MS)
    expect(await codeOf(aliyunRpc({ nonce: 'n', at: at + 31 * MINUTE_MS }))).toBe('OK')
  })

  test('a nonce under a wrong signature is not used up', async () => {
    expect(await codeOf(aliyunRpc({ nonce: 'n', secret: 'another' }))).toBe('SignatureDoesNotMatch')
    expect(await codeOf(aliyunRpc({ nonce: 'n' }))).toBe('OK')
  })

  test('a request without any sign of a caller is told what it lacks', async () => {
    const answer = await simulator.request({ path: '/', headers: {}, body: '' })
    expect([answer.status, part(answer, 'Code')]).toEqual([400, 'MissingAccessKeyId'])
  })
})

describe('what may be sent', () => {
  test.each([
    ['no number', { PhoneNumbers: undefined }, 'MissingPhoneNumbers'],
    ['no signature', { SignName: undefined }, 'MissingSignName'],
    ['no template', { TemplateCode: undefined }, 'MissingTemplateCode'],
    ['a number that is none', { PhoneNumbers: '1380013800' }, 'isv.MOBILE_NUMBER_ILLEGAL'],
    ['an unknown signature', { SignName: '别人' }, 'isv.SMS_SIGNATURE_ILLEGAL'],
    ['an unknown template', { TemplateCode: 'SMS_7' }, 'isv.SMS_TEMPLATE_ILLEGAL'],
    ['no variables', { TemplateParam: undefined }, 'isv.TEMPLATE_MISSING_PARAMETERS'],
    ['variables without the code', { TemplateParam: '{}' }, 'isv.TEMPLATE_MISSING_PARAMETERS'],
    ['variables that are no JSON', { TemplateParam: 'code=1' }, 'isv.INVALID_JSON_PARAM'],
    ['variables in a list', { TemplateParam: '["123456"]' }, 'isv.INVALID_JSON_PARAM'],
    ['two variables', { TemplateParam: '{"code":"123456","min":"5"}' }, 'isv.TEMPLATE_PARAMS_ILLEGAL'],
    ['a code that is a number', { TemplateParam: '{"code":123456}' }, 'isv.TEMPLATE_PARAMS_ILLEGAL'],
    ['a code with a blank', { TemplateParam: '{"code":"123 456"}' }, 'isv.TEMPLATE_PARAMS_ILLEGAL'],
    ['a code of seven', { TemplateParam: '{"code":"1234567"}' }, 'isv.PARAM_LENGTH_LIMIT'],
    ['a code of three', { TemplateParam: '{"code":"123"}' }, 'isv.PARAM_LENGTH_LIMIT'],
  ])('%s is refused and sends nothing', async (_name, params, code) => {
    const answer = await simulator.request(aliyunRpc({ params: aliyunMessage(params) }))
    expect(part(answer, 'Code')).toBe(code)
    expect(answer.status).toBe(code.startsWith('isv.') ? 200 : 400)
    expect(await simulator.outbox()).toEqual([])
  })

  test('a thousand numbers are taken and one more is not', async () => {
    const numbers = Array.from({ length: 1001 }, (_, i) => String(13_800_138_000 + i))
    const send = (to: string[]) => codeOf(aliyunRpc({ params: aliyunMessage({ PhoneNumbers: to.join() }) }))
    expect(await send(numbers)).toBe('isv.MOBILE_COUNT_OVER_LIMIT')
    expect(await send(numbers.slice(1))).toBe('OK')
    expect(await simulator.outbox()).toHaveLength(1000)
  })

  test('the minutes are those of the registered text', async () => {
    const two = await startSimulator({ ALIYUN_TEMPLATE_MINUTES: '2', ALIYUN_SIGN_NAME: '测试' })
    await two.request(aliyunRpc({ params: aliyunMessage({ SignName: '测试' }) }))
    expect(await two.outbox()).toMatchObject([
      { minutes: 2, text: '【测试】您的验证码为123456，2分钟内有效' },
    ])
    await two.close()
  })

  test('the same OutId twice is two messages', async () => {
    await simulator.request(aliyunRpc())
    await simulator.advance(MINUTE_MS)
    await simulator.request(aliyunRpc())
    expect(await simulator.outbox()).toMatchObject([{ echo: 'job-1' }, { echo: 'job-1' }])
  })
})

describe('the limits of a number', () => {
  test('one a minute, five an hour, ten a day, over any such time', async () => {
    await simulator.advance(NOON - Date.now())
    let at = NOON
    const send = async (afterMs: number) => {
      at += afterMs
      await simulator.advance(afterMs)
      const answer = await simulator.request(aliyunRpc({ at }))
      return part(answer, 'Code') === 'OK' ? 'OK' : part(answer, 'Message')
    }
    expect(await send(0)).toBe('OK')
    expect(await send(59_000)).toBe('触发分钟级流控Permits:1')
    for (let i = 0; i < 4; i += 1) expect(await send(MINUTE_MS)).toBe('OK')
    expect(await send(MINUTE_MS)).toBe('触发小时级流控Permits:5')
    for (let i = 0; i < 5; i += 1) expect(await send(60 * MINUTE_MS)).toBe('OK')
    expect(await send(60 * MINUTE_MS)).toBe('触发天级流控Permits:10')
    expect(await send(24 * 60 * MINUTE_MS)).toBe('OK')
  })

  test('a refusal by a limit comes on status 200, and another number is free', async () => {
    await simulator.request(aliyunRpc())
    const answer = await simulator.request(aliyunRpc())
    expect([answer.status, part(answer, 'Code')]).toEqual([200, 'isv.BUSINESS_LIMIT_CONTROL'])
    expect(await codeOf(aliyunRpc({ params: aliyunMessage({ PhoneNumbers: '13900139000' }) }))).toBe('OK')
  })

  test('they can be switched off', async () => {
    const free = await startSimulator({ SIMULATOR_VENDOR_LIMITS: 'off' })
    for (let i = 0; i < 12; i += 1) expect(part(await free.request(aliyunRpc()), 'Code')).toBe('OK')
    await free.close()
  })
})

describe('what became of a message', () => {
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

  test('it is under way, then delivered, and found by its OutId', async () => {
    expect(await details()).toEqual([])
    await simulator.request(aliyunRpc())
    expect(await details()).toMatchObject([
      { PhoneNum: '13800138000', SendStatus: 1, OutId: 'job-1', TemplateCode: 'SMS_100000001' },
    ])
    await simulator.advance(1000)
    expect(await details()).toMatchObject([{ SendStatus: 3, ErrCode: 'DELIVERED', ReceiveDate: anyText }])
  })

  test('a message that was lost is a failed one', async () => {
    await simulator.post('/_sim/script', { gateway: 'aliyun', fault: 'undelivered' })
    await simulator.request(aliyunRpc())
    await simulator.advance(1000)
    expect(await details()).toMatchObject([{ SendStatus: 2 }])
  })

  test('other days, other numbers and other messages are not among the answers', async () => {
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
  ])('%j is refused', async (params, code) => {
    expect(part(await query(params), 'Code')).toBe(code)
  })
})
