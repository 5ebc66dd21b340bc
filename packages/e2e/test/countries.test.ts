import { afterAll, beforeAll, expect, it } from 'vitest'
import { startSystem, type System } from './system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem({
    receipts: true,
    env: { SMS_GATEWAYS: 'aliyun,tencent,twilio' },
    policy: {
      countries: {
        CN: { locale: 'zh-CN' },
        HK: { locale: 'zh-HK' },
        MO: { locale: 'zh-HK' },
        US: { locale: 'en' },
        SG: { locale: 'en' },
      },
      scenes: { default: {}, login: { locale: 'en' } },
      gateways: { tencent: { countries: ['MO', 'SG'] }, twilio: { countries: ['US', 'HK'] } },
      routes: [
        { countries: ['MO'], gateway: 'tencent' },
        { countries: ['US'], gateway: 'twilio' },
        { segments: ['+6591'], gateway: 'tencent' },
      ],
    },
  })
})
afterAll(() => system.stop())

const EN = 'Your verification code is'

it.each([
  [
    'China',
    '138 0013 8001',
    {},
    { gateway: 'aliyun', template: 'SMS_100000001', sign_name: '演示' },
    '验证码',
  ],
  [
    'Hong Kong',
    '+852 9123 4567',
    {},
    { gateway: 'aliyun', template: 'SMS_200000001', sign_name: 'Demo' },
    '驗證碼',
  ],
  [
    'Hong Kong in English',
    '00852 9123 4568',
    { locale: 'en-GB' },
    { gateway: 'aliyun', template: 'SMS_200000002' },
    'code',
  ],
  ['Macau', '+853 6612 3456', {}, { gateway: 'tencent', template: '2220', sign_name: null }, '驗證碼'],
  [
    'the United States',
    '+1 201-555-0123',
    {},
    { gateway: 'twilio', template: null, sender: '+15005550006' },
    EN,
  ],
  ['Singapore by its segment', '+65 9123 4567', {}, { gateway: 'tencent', template: '2221' }, 'code'],
  [
    'Singapore',
    '+65 8123 4567',
    {},
    { gateway: 'aliyun', template: 'SMS_200000002', sign_name: 'Demo' },
    'code',
  ],
  [
    'China in the language of the scene',
    '138 0013 8002',
    { scene: 'login' },
    { gateway: 'aliyun', template: 'SMS_100000101', sign_name: '演示' },
    'code',
  ],
  [
    'the United States in Chinese',
    '+1 201-555-0124',
    { locale: 'zh-CN' },
    { gateway: 'twilio' },
    '您的验证码是',
  ],
])(
  'a code for %s has its gateway, template, sign name and language',
  async (_where, mobile, more, wanted, text) => {
    const { status, body } = await system.post('/v1/sms_codes', {
      mobile,
      ...more,
      ...(await system.captcha()),
    })
    expect({ status, body }).toMatchObject({ status: 202, body: { code: '0' } })
    const digits = mobile.replaceAll(/[ +-]|^00/g, '')
    const arrived = async () =>
      (await system.messages()).find(({ number }) => String(number).endsWith(digits))
    await expect.poll(arrived).toMatchObject(wanted)
    const message = await arrived()
    expect(message?.['text']).toContain(text)
    const verified = await system.verify(mobile, String(message?.['code']), {
      request_id: body['request_id'],
      ...('scene' in more && { scene: more.scene }),
    })
    expect(verified).toMatchObject({ status: 200, body: { code: '0' } })
    expect(system.logs.map(({ line }) => line).join('\n')).not.toContain(digits.slice(-8))
  },
)

it.each([
  ['a country that the policy does not have', '+33 6 12 34 56 78', '97'],
  ['a landline', '+852 2123 4567', '98'],
  ['an invalid number', '+852 123', '99'],
])('%s is refused with 4007, and its picture stays usable', async (_what, mobile, last) => {
  const captcha = await system.captcha()
  const refused = await system.post('/v1/sms_codes', { mobile, ...captcha })
  expect(refused).toMatchObject({ status: 400, body: { code: '4007' } })
  expect((await system.post('/v1/sms_codes', { mobile: `+852 9123 45${last}`, ...captcha })).status).toBe(202)
})
