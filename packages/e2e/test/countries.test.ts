import { afterAll, beforeAll, expect, it } from 'vitest'
import { toRecords } from './json.ts'
import { startSystem, type System } from './system.ts'

// Five countries and three vendors. Each country has a vendor that is asked first.
let system: System
beforeAll(async () => {
  system = await startSystem({
    env: { SMS_GATEWAYS: 'aliyun,tencent,twilio' },
    policy: {
      countries: {
        CN: { locale: 'zh-CN' },
        HK: { locale: 'zh-HK' },
        MO: { locale: 'zh-HK' },
        SG: { locale: 'en' },
        US: { locale: 'en' },
      },
      routes: [
        { countries: ['MO', 'SG'], gateway: 'tencent' },
        { countries: ['US'], gateway: 'twilio' },
      ],
    },
  })
})
afterAll(() => system.stop())

const received = async (number: string) => {
  const messages = toRecords(await (await fetch(`${system.simulatorUrl}/_sim/outbox`)).json())
  return messages.filter((message) => message['number'] === number)
}

const chinese = { template: 'SMS_100000001', sign_name: '演示', sender: null }
const cantonese = { template: 'SMS_200000001', sign_name: 'Demo', sender: null }
const english = { template: 'SMS_200000002', sign_name: 'Demo', sender: null }
const none = { sign_name: null, sender: null }
it.each([
  ['+8613700000001', undefined, { country: 'CN', gateway: 'aliyun', locale: 'zh-CN', ...chinese }],
  ['+85251234567', undefined, { country: 'HK', gateway: 'aliyun', locale: 'zh-HK', ...cantonese }],
  ['+85251234568', 'en-GB', { country: 'HK', gateway: 'aliyun', locale: 'en', ...english }],
  [
    '+85366123456',
    undefined,
    { country: 'MO', gateway: 'tencent', locale: 'zh-HK', template: '2220', ...none },
  ],
  ['+6581234567', undefined, { country: 'SG', gateway: 'tencent', locale: 'en', template: '2221', ...none }],
  [
    '+12015550123',
    undefined,
    { country: 'US', gateway: 'twilio', template: null, sign_name: null, sender: '+15005550006' },
  ],
])(
  'a code to %s has the vendor, template, sign name and language of its country (requested: %s)',
  async (mobile, locale, expected) => {
    const { body } = await system.post('/v1/sms_codes', { mobile, locale, ...(await system.captcha()) })
    expect(body).toMatchObject({ code: '0' })
    await expect.poll(() => received(mobile), { timeout: 15_000 }).toHaveLength(1)
    const [message] = await received(mobile)
    expect(message).toMatchObject({ ...expected, minutes: 5 })
    const verified = await system.verify(mobile, String(message?.['code']), {
      request_id: body['request_id'],
    })
    expect(verified).toMatchObject({ status: 200, body: { code: '0' } })
  },
)

it('a code by free text is in the language of the request', async () => {
  const textIn = async (mobile: string, locale: string) => {
    await system.post('/v1/sms_codes', { mobile, locale, ...(await system.captcha()) })
    await expect.poll(() => received(mobile), { timeout: 15_000 }).toHaveLength(1)
    return String((await received(mobile))[0]?.['text'])
  }
  expect(await textIn('+12015550124', 'en')).toMatch(
    /^Your verification code is \d{6}\. It expires in 5 min\.$/,
  )
  expect(await textIn('+12015550125', 'zh-HK')).toMatch(/^您的驗證碼是\d{6}，請於5分鐘內正確輸入。$/)
})
