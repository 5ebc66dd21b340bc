import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestNumbers } from '../src/test-numbers.ts'
import { aMobile, anAddress, startApiWith, type Api } from './api.ts'

const MOBILE = '13800000001'
let api: Api
beforeAll(async () => {
  api = await startApiWith({
    test_numbers: { numbers: [{ mobile: `+86${MOBILE}`, code: '246810', until: '2999-01-01' }] },
    budget: { messages: ['1/60s'] },
  })
})
afterAll(() => api.stop())

async function post(url: string, payload: object) {
  const headers = { 'x-forwarded-for': anAddress() }
  const response = await api.app.inject({ method: 'POST', url, headers, payload })
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
}
const send = async (mobile: string) => post('/v1/sms_codes', { mobile, ...(await api.captcha()) })

it('a test number has a fixed code, gets no message and costs nothing', async () => {
  const { status, body } = await send(MOBILE)
  expect(status).toBe(202)
  expect(await api.waiting()).toEqual([])
  const state = await api.app.inject({ url: `/v1/sms_codes/${String(body['request_id'])}` })
  expect(state.json<{ status: string }>().status).toBe('sent')
  expect(await post('/v1/sms_codes/verify', { mobile: MOBILE, sms_code: '246810' })).toMatchObject({
    status: 200,
  })
  expect(await post('/v1/sms_codes/verify', { mobile: MOBILE, sms_code: '246810' })).toMatchObject({
    status: 400,
  })
})

it('a test number has the same limits as any other number', async () => {
  expect((await send(MOBILE)).body['code']).toBe('4002')
  // The test number has not used the only message of the budget.
  expect((await send(aMobile())).status).toBe(202)
})

it('after its last day a test number is a number like any other', () => {
  const numbers = createTestNumbers([{ mobile: MOBILE, code: '246810', until: Date.now() - 1 }])
  expect(numbers.codeOf(MOBILE)).toBeUndefined()
})
