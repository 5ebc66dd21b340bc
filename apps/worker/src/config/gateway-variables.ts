import { Type } from '@sinclair/typebox'
import { shared } from '@sms-codes/core/config/shared-variables'

export const GATEWAYS = ['ccp', 'aliyun', 'tencent', 'twilio', 'webhook', 'console'] as const

const baseUrl = (url: string, of: string) =>
  Type.String({ default: url, pattern: '^https?://[^\\s]+$', description: `address of the ${of} API` })
const needed = (pattern: string, description: string) => Type.Optional(Type.String({ pattern, description }))
const secret = (description: string) =>
  Type.Optional(Type.String({ minLength: 16, description: `secret: ${description}` }))
const own = (what: string) =>
  Type.String({
    default: '',
    pattern: `^([a-z][a-z0-9_]{0,31}:[^,:\\s]{1,64}${what}(,|$))*$`,
    description: `scenes with a template of their own, as scene:template${what === '' ? '' : ':minutes'},…`,
  })

/** What each gateway needs when SMS_GATEWAYS lists it. */
export const gatewayEnv = {
  CCP_BASE_URL: baseUrl('https://app.cloopen.com:8883', 'CCP (Yuntongxun)'),
  CCP_ACCOUNT_SID: needed('^[0-9A-Za-z]{8,64}$', 'CCP account sid'),
  CCP_AUTH_TOKEN: secret('CCP auth token'),
  CCP_APP_ID: needed('^[0-9A-Za-z]{8,64}$', 'CCP application id'),
  CCP_TEMPLATE_ID: needed('^[0-9]{1,12}$', 'CCP template with {1} the code and {2} the minutes'),
  CCP_TEMPLATES: own(''),
  ALIYUN_BASE_URL: baseUrl('https://dysmsapi.aliyuncs.com', 'Aliyun SMS'),
  ALIYUN_ACCESS_KEY_ID: needed('^[0-9A-Za-z]{8,64}$', 'Aliyun access key id'),
  ALIYUN_ACCESS_KEY_SECRET: secret('Aliyun access key secret'),
  ALIYUN_SIGN_NAME: needed('^\\S{2,20}$', 'Aliyun signature, without its brackets'),
  ALIYUN_TEMPLATE_CODE: needed(
    '^[0-9A-Za-z_]{4,40}$',
    'Aliyun template with the variable ${code} and no other',
  ),
  ALIYUN_TEMPLATE_MINUTES: Type.Integer({
    minimum: 1,
    maximum: 10,
    default: 5,
    description: 'minutes that the text of the Aliyun template says; must be the life of the code',
  }),
  ALIYUN_TEMPLATES: own(':[1-9][0-9]?'),
  ALIYUN_SIGNATURE: Type.Union([Type.Literal('rpc'), Type.Literal('v3')], {
    default: 'rpc',
    description: 'rpc or v3: how calls to Aliyun are signed; v3 puts the parameters into the address',
  }),
  TENCENT_BASE_URL: baseUrl('https://sms.tencentcloudapi.com', 'Tencent Cloud SMS'),
  TENCENT_SECRET_ID: needed('^[0-9A-Za-z]{8,64}$', 'Tencent secret id'),
  TENCENT_SECRET_KEY: secret('Tencent secret key'),
  TENCENT_SDK_APP_ID: needed('^[0-9]{6,20}$', 'Tencent SMS application id'),
  TENCENT_SIGN_NAME: needed('^\\S{2,20}$', 'Tencent signature, without its brackets'),
  TENCENT_TEMPLATE_ID: needed('^[0-9]{1,12}$', 'Tencent template with {1} the code and {2} the minutes'),
  TENCENT_TEMPLATES: own(''),
  TENCENT_REGION: Type.String({
    default: 'ap-guangzhou',
    pattern: '^[a-z0-9-]{4,32}$',
    description: 'Tencent region',
  }),
  TWILIO_BASE_URL: baseUrl('https://api.twilio.com', 'Twilio'),
  TWILIO_ACCOUNT_SID: needed('^AC[0-9a-zA-Z]{32}$', 'Twilio account sid'),
  TWILIO_AUTH_TOKEN: shared.TWILIO_AUTH_TOKEN,
  TWILIO_FROM: needed('^\\+?[0-9A-Za-z ]{3,16}$', 'sender of Twilio messages'),
  TWILIO_MESSAGING_SERVICE_SID: needed('^MG[0-9a-zA-Z]{32}$', 'instead of TWILIO_FROM'),
  WEBHOOK_URL: needed('^https?://[^\\s]+$', 'address of your own sender, called by Standard Webhooks'),
  WEBHOOK_SECRETS: shared.WEBHOOK_SECRETS,
  WEBHOOK_TEMPLATE: Type.String({
    default: 'verification-code',
    pattern: '^[^,:\\s]{1,64}$',
    description: 'template that the webhook is told',
  }),
  WEBHOOK_TEMPLATES: own(''),
  WEBHOOK_IDEMPOTENT: Type.Union([Type.Literal('true'), Type.Literal('false')], {
    default: 'false',
    description: 'true or false: the receiver sends a message once, however often it is told its id',
  }),
}

/** Each gateway's variables that have no default; of those joined by "or" one is enough. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  ccp: ['CCP_ACCOUNT_SID', 'CCP_AUTH_TOKEN', 'CCP_APP_ID', 'CCP_TEMPLATE_ID'],
  aliyun: ['ALIYUN_ACCESS_KEY_ID', 'ALIYUN_ACCESS_KEY_SECRET', 'ALIYUN_SIGN_NAME', 'ALIYUN_TEMPLATE_CODE'],
  tencent: [
    'TENCENT_SECRET_ID',
    'TENCENT_SECRET_KEY',
    'TENCENT_SDK_APP_ID',
    'TENCENT_SIGN_NAME',
    'TENCENT_TEMPLATE_ID',
  ],
  twilio: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID'],
  webhook: ['WEBHOOK_URL', 'WEBHOOK_SECRETS'],
}

const ADDRESSES: Readonly<Record<string, string>> = {
  ccp: 'CCP_BASE_URL',
  aliyun: 'ALIYUN_BASE_URL',
  tencent: 'TENCENT_BASE_URL',
  twilio: 'TWILIO_BASE_URL',
  webhook: 'WEBHOOK_URL',
}

export const LOOPBACK = /^(127\.[0-9.]+|localhost|\[::1\])$/
// A name without a dot is one that a container network knows and the public DNS does not.
const CONTAINER = /^[a-z][a-z0-9-]*$/

function addressFaults(name: string, url: string, production: boolean): string[] {
  if (!URL.canParse(url)) return [`${name}: must be an address, https://host`]
  const { hostname, protocol } = new URL(url)
  const loopback = LOOPBACK.test(hostname)
  const near = loopback || (CONTAINER.test(hostname) && !production)
  const faults: string[] = []
  if (protocol === 'http:' && !near) faults.push(`${name}: must be https, messages hold codes`)
  // A webhook may well be a program beside the worker; a vendor never is.
  if (loopback && production && name !== ADDRESSES['webhook'])
    faults.push(`${name}: a simulator has no place in production`)
  return faults
}

type Listed = { SMS_GATEWAYS?: readonly string[]; WORKER_QUEUES?: readonly string[]; NODE_ENV?: string }

/** Faults of the listed gateways: what is missing, and where a code would go in clear. */
export function checkGateways(env: Listed & Record<string, unknown>): string[] {
  const { SMS_GATEWAYS: listed = [], WORKER_QUEUES: queues = [] } = env
  const production = env.NODE_ENV === 'production'
  const faults: string[] = []
  // A worker of the other queues calls no vendor, and should not hold its secrets.
  const calls = queues.includes('sms')
  for (const gateway of calls ? listed : []) {
    for (const need of NEEDS[gateway] ?? [])
      if (!need.split(' or ').some((name) => env[name]))
        faults.push(`${need}: is missing (SMS_GATEWAYS lists ${gateway})`)
    const name = ADDRESSES[gateway] ?? ''
    const address = env[name]
    if (typeof address === 'string') faults.push(...addressFaults(name, address, production))
  }
  if (listed.includes('console') && production)
    faults.push('SMS_GATEWAYS: console prints codes and has no place in production')
  return faults
}
