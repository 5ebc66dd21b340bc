import { randomBytes } from 'node:crypto'

export type Env = Record<string, string>

const hex = (bytes: number) => randomBytes(bytes).toString('hex')
const base64 = (bytes: number) => randomBytes(bytes).toString('base64')
const base64url = (bytes: number) => randomBytes(bytes).toString('base64url')

type EnvOptions = {
  redisUrl: string
  simulatorPort: number
  smtpPort: number
  /** Where gateways send delivery receipts; without it, they send none. */
  receiptsUrl: string | null
}

/** The environment that all processes of a system share, with new secrets. */
export function systemEnv({ redisUrl, simulatorPort, smtpPort, receiptsUrl }: EnvOptions): Env {
  const simulatorUrl = `http://127.0.0.1:${simulatorPort}`
  return {
    PATH: process.env['PATH'] ?? '',
    REDIS_URL: redisUrl,
    LOG_LEVEL: 'debug',
    PHONE_KEY: base64(32),
    CODE_KEYS: `k1:${base64(32)}`,
    TRUST_PROXY: '127.0.0.1',
    API_KEYS: `shop:${hex(32)}`,
    SMS_GATEWAYS: 'ccp',
    ...accounts(simulatorUrl),
    ...(receiptsUrl !== null && {
      CALLBACK_TOKEN: base64url(18),
      PUBLIC_URL: receiptsUrl,
      API_URL: receiptsUrl,
    }),
    BOARD_USER: 'operator',
    BOARD_PASSWORD: base64url(18),
    BOARD_WRITER_PASSWORD: base64url(18),
    SIMULATOR_PORT: String(simulatorPort),
    SIMULATOR_SMTP_PORT: String(smtpPort),
    SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
    MAIL_FROM: 'Codes <codes@shop.example>',
    CORS_ORIGINS: simulatorUrl,
    // No limit, because a busy machine must not fail the tests.
    EVENT_LOOP_MAX_DELAY_MS: '0',
  }
}

/** Accounts of all vendors, whose addresses are those of the simulator. */
function accounts(url: string): Env {
  return {
    CCP_BASE_URL: url,
    CCP_ACCOUNT_SID: hex(16),
    CCP_AUTH_TOKEN: hex(16),
    CCP_APP_ID: hex(16),
    CCP_TEMPLATE_ID: '1',
    ALIYUN_BASE_URL: url,
    ALIYUN_ACCESS_KEY_ID: `LTAI${hex(8)}`,
    ALIYUN_ACCESS_KEY_SECRET: hex(15),
    ALIYUN_SIGN_NAME: '美多商城',
    ALIYUN_TEMPLATE_CODE: 'SMS_100000001',
    TENCENT_BASE_URL: url,
    TENCENT_SECRET_ID: `AKID${hex(16)}`,
    TENCENT_SECRET_KEY: hex(16),
    TENCENT_SDK_APP_ID: '1400006666',
    TENCENT_SIGN_NAME: '美多商城',
    TENCENT_TEMPLATE_ID: '1110',
    TWILIO_BASE_URL: url,
    TWILIO_ACCOUNT_SID: `AC${hex(16)}`,
    TWILIO_AUTH_TOKEN: hex(16),
    TWILIO_FROM: '+15005550006',
    WEBHOOK_URL: `${url}/webhook`,
    WEBHOOK_SECRETS: `whsec_${base64(32)}`,
    WEBHOOK_IDEMPOTENT: 'true',
  }
}
