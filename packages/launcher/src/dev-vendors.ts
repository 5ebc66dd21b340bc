// The SMS vendors of a developer's machine: which of them the worker uses, and their addresses and accounts.

/** @param simulator the address at which the APIs of all vendors are simulated */
export const vendorAddresses = (simulator: string) => ({
  // The worker tries the simulated CCP first, then the other gateways, then e-mail.
  SMS_GATEWAYS: 'ccp,aliyun,tencent',
  CCP_BASE_URL: simulator,
  ALIYUN_BASE_URL: simulator,
  TENCENT_BASE_URL: simulator,
  TWILIO_BASE_URL: simulator,
  WEBHOOK_URL: `${simulator}/webhook`,
})

/** @param derive returns this number of bytes, which differ for each name */
export const vendorAccounts = (derive: (name: string, bytes: number) => Buffer) => ({
  CCP_ACCOUNT_SID: derive('CCP_ACCOUNT_SID', 16).toString('hex'),
  CCP_AUTH_TOKEN: derive('CCP_AUTH_TOKEN', 16).toString('hex'),
  CCP_APP_ID: derive('CCP_APP_ID', 16).toString('hex'),
  CCP_TEMPLATE_ID: '1',
  ALIYUN_ACCESS_KEY_ID: derive('ALIYUN_ACCESS_KEY_ID', 12).toString('hex'),
  ALIYUN_ACCESS_KEY_SECRET: derive('ALIYUN_ACCESS_KEY_SECRET', 15).toString('hex'),
  ALIYUN_SIGN_NAME: '演示',
  ALIYUN_TEMPLATE_CODE: 'SMS_100000001',
  TENCENT_SECRET_ID: derive('TENCENT_SECRET_ID', 18).toString('hex'),
  TENCENT_SECRET_KEY: derive('TENCENT_SECRET_KEY', 16).toString('hex'),
  TENCENT_SDK_APP_ID: '1400000001',
  TENCENT_SIGN_NAME: '演示',
  TENCENT_TEMPLATE_ID: '1110',
  TWILIO_ACCOUNT_SID: `AC${derive('TWILIO_ACCOUNT_SID', 16).toString('hex')}`,
  TWILIO_AUTH_TOKEN: derive('TWILIO_AUTH_TOKEN', 16).toString('hex'),
  TWILIO_FROM: '+15005550006',
  WEBHOOK_SECRETS: `whsec_${derive('WEBHOOK_SECRETS', 32).toString('base64')}`,
})
