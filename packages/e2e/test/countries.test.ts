import { afterAll, beforeAll, expect, it } from 'vitest'
import { toRecords } from './json.ts'
import { startSystem, type System } from './system.ts'

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
      scenes: { default: {}, english: { locale: 'en' } },
      routes: [
        { countries: ['HK'], segments: ['+8526'], gateway: 'tencent' },
        { countries: ['SG'], gateway: 'tencent' },
        { countries: ['US'], gateway: 'twilio' },
      ],
    },
  })
})
afterAll(() => system.stop())

async function arrived(mobile: string): Promise<Record<string, unknown>> {
  const outbox = `${system.simulatorUrl}/_sim/outbox?to=${encodeURIComponent(mobile)}`
  const read = async () => toRecords(await (await fetch(outbox)).json())
  await expect.poll(read, { timeout: 15_000 }).toHaveLength(1)
  const [message] = await read()
  return message ?? {}
}

const ALIYUN = { gateway: 'aliyun', sign_name: 'Demo' }
const TENCENT = { gateway: 'tencent', sign_name: null }

it.each<[string, { scene?: string; locale?: string }, object]>([
  ['13712345678', {}, { gateway: 'aliyun', template: 'SMS_100000001', sign_name: '演示', country: 'CN' }],
  ['+85291234567', {}, { ...ALIYUN, template: 'SMS_200000001', locale: 'zh-HK' }],
  ['+85292234567', { scene: 'english' }, { ...ALIYUN, template: 'SMS_200000002', locale: 'en' }],
  ['+85266123456', {}, { ...TENCENT, template: '2220', locale: 'zh-HK' }],
  ['+85362345678', { locale: 'en-GB' }, { ...ALIYUN, template: 'SMS_200000002', locale: 'en' }],
  ['+6581234567', {}, { ...TENCENT, template: '2221', locale: 'en' }],
  [
    '+14155552671',
    {},
    { gateway: 'twilio', sender: '+15005550006', text: expect.stringMatching(/^Your verif/) },
  ],
  ['+14155552672', { locale: 'zh-HK' }, { gateway: 'twilio', text: expect.stringMatching(/^您的驗證碼/) }],
])(
  'a code for %s %j goes through the gateway, with the wording and in the language of its country',
  async (mobile, fields, expected) => {
    const sent = await system.post('/v1/sms_codes', { mobile, ...(await system.captcha()), ...fields })
    expect(sent).toMatchObject({ status: 202, body: { code: '0' } })
    const message = await arrived(mobile)
    expect(message).toMatchObject({ to: mobile, ...expected })
    const { scene = 'default' } = fields
    expect(await system.verify(mobile, String(message['code']), { scene })).toMatchObject({ status: 200 })
    expect(system.logs.map(({ line }) => line).join('\n')).not.toContain(mobile.slice(4))
  },
)
