import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { huaweiRequest, type HuaweiSend } from '../../requests/huawei.ts'
import { part } from '../../requests/request.ts'
import { anyText, startSimulator, textLike, type Simulator } from '../../running-simulator.ts'

const MINUTE_MS = 60_000
const DOMESTIC = '8825010100001'
const INTERNATIONAL = '8825010100002'
const ENGLISH = '8ff55eac1d0b478ab3c06c3c6a492301'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

const send = (fields: HuaweiSend['fields'] = {}) => simulator.request(huaweiRequest({ fields }))

async function statusOf(fields: HuaweiSend['fields']): Promise<unknown> {
  return part(await send(fields), 'result', 0, 'status')
}

test('a message is accepted, and the outbox lists it', async () => {
  const answer = await send()
  expect([answer.status, JSON.parse(answer.body)]).toEqual([
    200,
    {
      result: [
        {
          originTo: '+8613800138000',
          createTime: textLike(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
          from: DOMESTIC,
          smsMsgId: textLike(/^[\da-f-]{36}_\d+$/),
          status: '000000',
          countryId: 'CN',
          total: 1,
        },
      ],
      code: '000000',
      description: 'Success',
    },
  ])
  expect(await simulator.outbox('13800138000')).toMatchObject([
    {
      code: '123456',
      minutes: 5,
      gateway: 'huawei',
      echo: 'job-1',
      number: '+8613800138000',
      locale: 'zh-CN',
      sign_name: '演示',
      sender: DOMESTIC,
      text: '【演示】您的验证码是123456，请于5分钟内正确输入',
    },
  ])
})

test('the international channel sends its template to a number of another country', async () => {
  const answer = await send({ from: INTERNATIONAL, to: '+85290000000', templateId: ENGLISH })
  expect(part(answer, 'result', 0, 'countryId')).toBe('HK')
  expect(await simulator.outbox('+85290000000')).toMatchObject([
    { country: 'HK', template: ENGLISH, locale: 'en', sign_name: 'Demo', sender: INTERNATIONAL },
  ])
})

describe('the caller', () => {
  test.each<[string, HuaweiSend, number, string]>([
    ['no signature', { authorization: '' }, 400, 'E000001'],
    ['no date', { date: '' }, 400, 'E000041'],
    ['a date in another format', { date: '2026-01-01T19:04:05Z' }, 400, 'E000042'],
    ['a date that is 16 minutes old', { at: Date.now() - 16 * MINUTE_MS }, 400, 'E000044'],
    ['a date that is 16 minutes ahead', { at: Date.now() + 16 * MINUTE_MS }, 400, 'E000044'],
    ['a signature of another scheme', { authorization: 'Basic eDp5' }, 403, 'E000101'],
    ['an unknown key', { key: 'unknown' }, 403, 'E000102'],
    ['a wrong secret', { secret: 'another' }, 400, 'E000045'],
    ['an unsigned host', { signed: ['content-type', 'x-sdk-date'] }, 400, 'E000045'],
    ['an unsigned date', { signed: ['content-type', 'host'] }, 400, 'E000045'],
    ['a body that is not a form', { contentType: 'application/json' }, 400, 'E000040'],
  ])('with %s is refused', async (_name, request, status, code) => {
    const answer = await simulator.request(huaweiRequest(request))
    expect([answer.status, JSON.parse(answer.body)]).toEqual([status, { code, description: anyText }])
    expect(await simulator.outbox()).toEqual([])
  })

  test('is refused when the body was changed after it was signed', async () => {
    const request = huaweiRequest()
    const answer = await simulator.request({ ...request, body: request.body.replace('123456', '654321') })
    expect(part(answer, 'code')).toBe('E000045')
  })
})

describe('the message', () => {
  test.each([
    ['no number', { to: undefined }],
    ['no channel', { from: undefined }],
    ['no template', { templateId: undefined }],
    ['an extend of 129 characters', { extend: 'x'.repeat(129) }],
  ])('with %s is an invalid call', async (_name, fields) => {
    const answer = await send(fields)
    expect([answer.status, part(answer, 'code')]).toEqual([400, 'E000503'])
    expect(await simulator.outbox()).toEqual([])
  })

  test.each<[string, HuaweiSend['fields'], string]>([
    ['a number without its country code', { to: '13800138000' }, 'E000503'],
    ['several numbers', { to: '+8613800138001,+8613800138002' }, 'E200015'],
    ['an unknown channel', { from: '1' }, 'E200018'],
    ['the international channel to China', { from: INTERNATIONAL }, 'E200018'],
    ['the domestic channel to another country', { to: '+85290000000' }, 'E200018'],
    ['an unknown template', { templateId: 'x' }, 'E200030'],
    ['an international template to China', { templateId: ENGLISH }, 'E200033'],
    ['a domestic template to another country', { from: INTERNATIONAL, to: '+85290000000' }, 'E200033'],
    ['another sign name', { signature: '别人' }, 'E200029'],
    ['no variable', { templateParas: '[]' }, 'E200028'],
    ['two variables', { templateParas: '["123456","5"]' }, 'E200028'],
    ['a variable that is a number', { templateParas: '[123456]' }, 'E200028'],
  ])('with %s is refused for its number', async (_name, fields, status) => {
    const answer = await send(fields)
    expect([answer.status, part(answer, 'code')]).toEqual([200, 'E000510'])
    expect(part(answer, 'result', 0, 'status')).toBe(status)
    expect(await simulator.outbox()).toEqual([])
  })

  test('may name the sign name of its kind', async () => {
    expect(await statusOf({ signature: '演示' })).toBe('000000')
  })
})

test('the same extend twice sends two messages', async () => {
  await send()
  await send()
  expect(await simulator.outbox()).toMatchObject([{ echo: 'job-1' }, { echo: 'job-1' }])
})
