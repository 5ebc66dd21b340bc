// Settings of the simulated vendors: the secrets that they accept, in the variables that configure the worker and the API,
// and their behaviour. The defaults belong to no real account. The ids of the accounts are in accounts.ts.
import { Type } from '@sinclair/typebox'

const Key = (byDefault: string, description: string) =>
  Type.String({ pattern: '^[0-9A-Za-z_-]{1,128}$', default: byDefault, description })

const Secret = (byDefault: string, description: string) =>
  Type.String({ pattern: '^\\S{1,256}$', default: byDefault, description: `secret: ${description}` })

const Token = (description: string) =>
  Type.String({ pattern: '^\\S{0,4096}$', default: '', description: `secret: ${description}` })

export const VENDOR_SETTINGS = {
  CCP_AUTH_TOKEN: Secret('0123456789abcdef0123456789abcdef', 'CCP auth token that the worker signs with'),
  ALIYUN_ACCESS_KEY_ID: Key('LTAI5tExampleKeyId00000', 'Aliyun access key id'),
  ALIYUN_ACCESS_KEY_SECRET: Secret('ExampleAccessKeySecret000000000', 'Aliyun access key secret'),
  ALIYUN_SECURITY_TOKEN: Token('STS token that belongs to the Aliyun access key, if it is a temporary one'),
  TENCENT_SECRET_ID: Key('AKIDExample0000000000000000000000000', 'Tencent Cloud secret id'),
  TENCENT_SECRET_KEY: Secret('ExampleSecretKey0000000000000000', 'Tencent Cloud secret key'),
  TWILIO_AUTH_TOKEN: Secret('0123456789abcdef0123456789abcdef', 'Twilio auth token'),
  TWILIO_API_KEY_SECRET: Secret('ExampleApiKeySecret0000000000000', 'secret of the Twilio API key'),
  HUAWEI_APP_SECRET: Secret('ExampleAppSecret000000000000', 'Huawei Cloud application secret'),
  VONAGE_API_SECRET: Secret('ExampleApiSecret', 'Vonage API secret'),
  AWS_ACCESS_KEY_ID: Key('AKIAEXAMPLE000000000', 'AWS access key id'),
  AWS_SECRET_ACCESS_KEY: Secret('ExampleSecretAccessKey000000000000000000', 'AWS secret access key'),
  AWS_SESSION_TOKEN: Token('session token that belongs to the AWS access key, if it is a temporary one'),
  CAPTCHA_SECRET: Secret('0x4AAAAAAAExampleSecret0000000000', 'secret of the siteverify endpoint'),
  WEBHOOK_SECRETS: Type.String({
    pattern: '^whsec_[0-9A-Za-z+/=]{32,}( *, *whsec_[0-9A-Za-z+/=]{32,})*$',
    default: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    description: 'secret: comma-separated Standard Webhooks secrets (whsec_ and base64), newest first',
  }),
  CALLBACK_TOKEN: Type.String({
    pattern: '^[0-9A-Za-z._~-]{0,128}$',
    default: '',
    description: 'secret: last part of the URLs for delivery receipts; empty turns them off',
  }),
  PUBLIC_URL: Type.String({
    pattern: '^$|^https?://[^\\s/?#]+(/[^\\s?#]*)?$',
    default: '',
    description: 'address of the API for delivery receipts; empty means API_URL',
  }),
  SIMULATOR_RECEIPT_DELAY_MS: Type.Integer({
    minimum: 0,
    maximum: 600_000,
    default: 300,
    description: 'milliseconds until a message reaches the handset and its delivery receipt is pushed',
  }),
  SIMULATOR_BOUND_NUMBERS: Type.String({
    pattern: '^\\d{11}( *, *\\d{11})*$|^$',
    default: '',
    description: 'comma-separated numbers to which CCP sends its test template 1; empty means every number',
  }),
  SIMULATOR_VENDOR_LIMITS: Type.String({
    pattern: '^(on|off)$',
    default: 'on',
    description: "on or off: the vendors' limits on messages to one number",
  }),
}
