// The accounts with the simulated vendors. No other file of the launcher names a vendor.

type Derive = (name: string, bytes: number) => Buffer

/** The order in which `npm start` calls the simulated gateways, and where they are. */
export function simulatedGateways(simulator: string): Record<string, string> {
  return {
    SMS_GATEWAYS: 'ccp,aliyun,tencent',
    CCP_BASE_URL: simulator,
    ALIYUN_BASE_URL: simulator,
    TENCENT_BASE_URL: simulator,
    TWILIO_BASE_URL: simulator,
    WEBHOOK_URL: `${simulator}/webhook`,
  }
}

/** @param derive makes a secret of so many bytes for a variable */
export function simulatedAccounts(derive: Derive): Record<string, string> {
  const hex = (name: string, bytes: number) => ({ [name]: derive(name, bytes).toString('hex') })
  return {
    ...hex('CCP_ACCOUNT_SID', 16),
    ...hex('CCP_AUTH_TOKEN', 16),
    ...hex('CCP_APP_ID', 16),
    CCP_TEMPLATE_ID: '1',
    ...hex('ALIYUN_ACCESS_KEY_ID', 12),
    ...hex('ALIYUN_ACCESS_KEY_SECRET', 15),
    ALIYUN_SIGN_NAME: '演示',
    ALIYUN_TEMPLATE_CODE: 'SMS_100000001',
    ...hex('TENCENT_SECRET_ID', 18),
    ...hex('TENCENT_SECRET_KEY', 16),
    TENCENT_SDK_APP_ID: '1400000001',
    TENCENT_SIGN_NAME: '演示',
    TENCENT_TEMPLATE_ID: '1110',
    TWILIO_ACCOUNT_SID: `AC${derive('TWILIO_ACCOUNT_SID', 16).toString('hex')}`,
    ...hex('TWILIO_AUTH_TOKEN', 16),
    TWILIO_FROM: '+15005550006',
    WEBHOOK_SECRETS: `whsec_${derive('WEBHOOK_SECRETS', 32).toString('base64')}`,
  }
}

/** The environment of a worker that calls only the gateway that `npm start` calls first, at this address. */
export function firstGatewayAt(baseUrl: string): Record<string, string> {
  const accounts = simulatedAccounts((_name, bytes) => Buffer.alloc(bytes, 1))
  return { ...accounts, ...simulatedGateways(baseUrl), SMS_GATEWAYS: 'ccp' }
}
