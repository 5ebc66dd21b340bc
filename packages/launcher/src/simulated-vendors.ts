// The accounts with the simulated vendors. No other file of the launcher names a vendor.

type Derive = (name: string, bytes: number) => Buffer

/** The order in which `npm start` calls the simulated gateways. The policy has the other gateways too. */
export const FIRST_GATEWAYS = 'ccp,aliyun,tencent'

/** The secrets of the simulated accounts. @param derive makes a secret of so many bytes for a variable */
export function simulatedSecrets(derive: Derive): Record<string, string> {
  const hex = (name: string, bytes: number) => ({ [name]: derive(name, bytes).toString('hex') })
  return {
    ...hex('CCP_AUTH_TOKEN', 16),
    ...hex('ALIYUN_ACCESS_KEY_ID', 12),
    ...hex('ALIYUN_ACCESS_KEY_SECRET', 15),
    ...hex('TENCENT_SECRET_ID', 18),
    ...hex('TENCENT_SECRET_KEY', 16),
    ...hex('TWILIO_AUTH_TOKEN', 16),
    ...hex('HUAWEI_APP_SECRET', 16),
    ...hex('VONAGE_API_SECRET', 16),
    ...hex('AWS_ACCESS_KEY_ID', 10),
    ...hex('AWS_SECRET_ACCESS_KEY', 20),
    WEBHOOK_SECRETS: `whsec_${derive('WEBHOOK_SECRETS', 32).toString('base64')}`,
    ...hex('CAPTCHA_SECRET', 16),
  }
}

const domestic = { countries: ['CN'], sign_name: '演示' }
const domesticEnglish = { ...domestic, locales: ['en'] }

/** The gateways of the policy with the accounts of the simulator. The ids are the simulator's own and are no secret. */
export const simulatedGateways = (simulator: string) => ({
  ccp: {
    base_url: simulator,
    account: 'aaf98f894d328b13014d6c3d0b8b2f5f',
    app: '8a48b5514fa577af014fa5a9d1fe03d0',
    messages: [{ locales: ['en'], template: '5101' }, { template: '1' }],
  },
  aliyun: {
    base_url: simulator,
    messages: [
      { ...domesticEnglish, template: 'SMS_100000101', minutes: 5 },
      { ...domestic, template: 'SMS_100000001', minutes: 5 },
      { locales: ['zh-HK'], template: 'SMS_200000001', sign_name: 'Demo', minutes: 5 },
      { template: 'SMS_200000002', sign_name: 'Demo', minutes: 5 },
    ],
  },
  tencent: {
    base_url: simulator,
    app: '1400000001',
    region: 'ap-guangzhou',
    messages: [
      { ...domesticEnglish, template: '1121' },
      { ...domestic, template: '1110' },
      { locales: ['zh-HK'], template: '2220' },
      { template: '2221' },
    ],
  },
  huawei: {
    base_url: simulator,
    account: 'simulatedhuaweiappkey00001',
    app: '8825010100001',
    countries: ['CN'],
    messages: [
      { ...domesticEnglish, template: '8ff55eac1d0b478ab3c06c3c6a492302', minutes: 5 },
      { ...domestic, template: '8ff55eac1d0b478ab3c06c3c6a492300', minutes: 5 },
    ],
  },
  twilio: {
    base_url: simulator,
    account: 'AC00000000000000000000000000000001',
    messages: [{ sender: '+15005550006' }],
  },
  vonage: { base_url: simulator, account: 'abcd1234', messages: [{ sender: 'Demo' }] },
  sns: { base_url: simulator, region: 'us-east-1', messages: [{ sender: 'Demo' }] },
  webhook: {
    base_url: `${simulator}/webhook`,
    idempotent: true,
    messages: [{ template: 'verification-code' }],
  },
})

/** The policy of a developer's machine: every message and mail goes to the simulator. */
export const developmentPolicy = (simulator: string) => ({
  scenes: {
    default: { fallback: true, receipt_within: '20s' },
    register: { fallback: true },
    login: { fallback: true },
    reset_password: {},
  },
  gateways: simulatedGateways(simulator),
  email: { from: 'sms-codes <codes@sms-codes.test>' },
})

/** What a worker needs that calls only the gateway that `npm start` calls first, at this address. */
export const firstGatewayAt = (baseUrl: string) => ({
  env: simulatedSecrets((_name, bytes) => Buffer.alloc(bytes, 1)),
  policy: { gateways: { ccp: simulatedGateways(baseUrl).ccp } },
})
