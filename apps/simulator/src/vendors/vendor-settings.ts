// Settings of the simulated vendors: the accounts that they accept, in the variables that configure the worker, and their
// behaviour. The defaults are invented accounts, so they are no secrets.
import { Type } from '@sinclair/typebox'

const Word = (byDefault: string, description: string) =>
  Type.String({ pattern: '^[0-9A-Za-z_-]{1,128}$', default: byDefault, description })

const Secret = (byDefault: string, description: string) =>
  Type.String({ pattern: '^\\S{1,256}$', default: byDefault, description: `secret: ${description}` })

const Digits = (byDefault: string, description: string) =>
  Type.String({ pattern: '^[0-9]{1,20}$', default: byDefault, description })

const SignName = (description: string) =>
  Type.String({ pattern: '^\\S{1,20}$', default: '美多商城', description })

const SceneTemplates = (minutes: string) =>
  Type.String({
    pattern: `^([a-z][a-z0-9_]{0,31}:[^,:\\s]{1,64}${minutes}(,|$))*$`,
    default: '',
    description: 'further templates that the vendor accepts, one or more per scene',
  })

export const VENDOR_SETTINGS = {
  CCP_ACCOUNT_SID: Word('8aaf0700000000000000000000000001', 'CCP account sid that the worker signs with'),
  CCP_AUTH_TOKEN: Secret('0123456789abcdef0123456789abcdef', 'CCP auth token that the worker signs with'),
  CCP_APP_ID: Word('8aaf0700000000000000000000000002', 'CCP application id that the worker sends'),
  CCP_TEMPLATE_ID: Type.String({
    pattern: '^[0-9]{1,12}$',
    default: '1',
    description: 'CCP template that is accepted besides the test template 1',
  }),
  CCP_TEMPLATES: SceneTemplates(''),
  ALIYUN_ACCESS_KEY_ID: Word('LTAI5tExampleKeyId00000', 'Aliyun access key id'),
  ALIYUN_ACCESS_KEY_SECRET: Secret('ExampleAccessKeySecret000000000', 'Aliyun access key secret'),
  ALIYUN_SIGN_NAME: SignName('signature that is registered with Aliyun'),
  ALIYUN_TEMPLATE_CODE: Word('SMS_100000001', 'Aliyun template with ${code} as its one variable'),
  ALIYUN_TEMPLATE_MINUTES: Type.Integer({
    minimum: 1,
    maximum: 10,
    default: 5,
    description: 'minutes in the text of the Aliyun template',
  }),
  ALIYUN_TEMPLATES: SceneTemplates(':[1-9][0-9]?'),
  TENCENT_SECRET_ID: Word('AKIDExample0000000000000000000000000', 'Tencent Cloud secret id'),
  TENCENT_SECRET_KEY: Secret('ExampleSecretKey0000000000000000', 'Tencent Cloud secret key'),
  TENCENT_SDK_APP_ID: Digits('1400006666', 'Tencent SMS application id'),
  TENCENT_SIGN_NAME: SignName('signature that is registered with Tencent'),
  TENCENT_TEMPLATE_ID: Digits('1110', 'Tencent template with {1} the code and {2} the minutes'),
  TENCENT_TEMPLATES: SceneTemplates(''),
  TWILIO_ACCOUNT_SID: Word('AC00000000000000000000000000000000', 'Twilio account sid'),
  TWILIO_AUTH_TOKEN: Secret('0123456789abcdef0123456789abcdef', 'Twilio auth token'),
  TWILIO_FROM: Type.String({
    pattern: '^\\+?[0-9A-Za-z ]{3,16}$',
    default: '+15005550006',
    description: 'sender that belongs to the Twilio account',
  }),
  TWILIO_MESSAGING_SERVICE_SID: Type.String({
    pattern: '^(MG[0-9a-zA-Z]{32})?$',
    default: '',
    description: 'Twilio messaging service that is accepted instead of the sender',
  }),
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
