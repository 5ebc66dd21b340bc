import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agePhone } from '@sms-codes/core/test/age'
import { aMobile, anAddress, startApiWith, type Api } from '../api.ts'
import { leftOf } from '@sms-codes/core/test/left-of'

let api: Api
beforeAll(async () => {
  const scenes = {
    default: {},
    login: { life: '2m', send_within: '60s' },
    pay: { length: 8, sends: ['2/60s', '3/3m'] },
    register: { waits: ['60s', '2m', '5m'] },
  }
  api = await startApiWith({ scenes })
})
afterAll(() => api.stop())

async function post(url: string, payload: object) {
  const headers = { 'x-forwarded-for': anAddress() }
  const response = await api.app.inject({ method: 'POST', url, headers, payload })
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
}
const send = async (mobile: string, scene: string) =>
  post('/v1/sms_codes', { mobile, scene, ...(await api.captcha()) })
const verify = (mobile: string, sms_code: string, scene: string, request_id?: string) =>
  post('/v1/sms_codes/verify', { mobile, sms_code, scene, request_id })

describe('a scene', () => {
  it('has its own lifetime of codes', async () => {
    expect((await send(aMobile(), 'login')).body).toMatchObject({ expires_in: 120 })
    expect((await send(aMobile(), 'default')).body).toMatchObject({ expires_in: 300 })
  })

  it('has its own length of codes, and a shorter code does not use up a try', async () => {
    const mobile = aMobile()
    const { body } = await send(mobile, 'pay')
    const id = String(body['request_id'])
    const code = await api.codeOf(id, 'pay')
    expect(code).toMatch(/^[0-9]{8}$/)
    expect(await verify(mobile, code.slice(0, 6), 'pay')).toMatchObject({
      status: 400,
      body: { code: '4008' },
    })
    const wrong = String((Number(code) + 1) % 1e8).padStart(8, '0')
    expect(await verify(mobile, wrong, 'pay', id)).toMatchObject({ body: { code: '4008', attempts_left: 4 } })
    expect(await verify(mobile, code, 'pay')).toMatchObject({ status: 200 })
  })

  it('has a growing wait between messages if it has waits: 60, 120 and 300 seconds', async () => {
    const mobile = aMobile()
    const ph = api.keyring.pseudonym(mobile)
    for (const wait of [60, 120, 300]) {
      const { body } = await send(mobile, 'register')
      expect(body['code']).toBe('0')
      // The seconds that the test itself takes have passed as well.
      expect(Math.ceil(Number(body['resend_after']) / 20) * 20).toBe(wait)
      await agePhone(api.redis, ph, wait - 20)
      expect((await send(mobile, 'register')).body).toMatchObject({ code: '4002' })
      await agePhone(api.redis, ph, 20)
    }
    expect((await send(mobile, 'register')).body).toMatchObject({ code: '0' })
  })

  it('has its own limits', async () => {
    const mobile = aMobile()
    const answers = []
    for (let i = 0; i < 3; i++) answers.push((await send(mobile, 'pay')).body)
    expect(answers.map(({ code }) => code)).toEqual(['0', '0', '4002'])
    expect(answers[0]).toMatchObject({ resend_after: 1 })
    expect(answers[1]).toMatchObject({ resend_after: leftOf(60) })
  })
})
