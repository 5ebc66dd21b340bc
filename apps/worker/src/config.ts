import type { Static } from '@sinclair/typebox'
import {
  checkKeys,
  checkRedisUrl,
  checkUrl,
  checkWebhookSecrets,
  keyringOptions,
  loadConfig,
  shared,
  wantsTracing,
  type Check,
  type Env,
} from '@sms-codes/core/config'
import { fallbackRules, parseScenes, type Scene } from '@sms-codes/core/scenes'
import { WorkerEnv } from './env.ts'
import { checkGateways } from './gateway-env.ts'

/** `a:1,b:2` as pairs; what follows a second colon stays with the value. */
const pairs = (text: string) =>
  text.split(',').flatMap((pair): [string, string][] => {
    const colon = pair.indexOf(':')
    return colon < 1 ? [] : [[pair.slice(0, colon), pair.slice(colon + 1)]]
  })
const numbers = (text: string) => Object.fromEntries(pairs(text).map(([name, n]) => [name, Number(n)]))

/** The template of a scene: its own, or the general one. */
const templates = (general: string, text: string) => {
  const own = new Map(pairs(text).map(([scene, template]) => [scene, template.split(':')[0] ?? '']))
  return (scene: string) => own.get(scene) ?? general
}

const checkUnlisted: Check = (env) => {
  const listed = (env['SMS_GATEWAYS'] ?? '').split(',')
  const named: [string, string[]][] = [
    ['SMS_WEIGHTS', pairs(env['SMS_WEIGHTS'] ?? '').map(([name]) => name)],
    ['SMS_ROUTES', pairs(env['SMS_ROUTES'] ?? '').map(([, name]) => name)],
    ['SMS_RATES', pairs(env['SMS_RATES'] ?? '').map(([name]) => name)],
  ]
  return named.flatMap(([variable, gateways]) =>
    gateways.some((name) => !listed.includes(name))
      ? [`${variable}: names a gateway that SMS_GATEWAYS does not list`]
      : [],
  )
}

const checkScenes: Check = (env) => {
  const { scenes, faults } = parseScenes(env['SCENES'] || String(shared.SCENES.default))
  const known = scenes.map(({ name }) => name)
  for (const variable of ['CCP_TEMPLATES', 'ALIYUN_TEMPLATES', 'TENCENT_TEMPLATES', 'WEBHOOK_TEMPLATES'])
    if (pairs(env[variable] ?? '').some(([scene]) => !known.includes(scene)))
      faults.push(`${variable}: names a scene that SCENES does not have`)
  return faults
}

const checkRepeats: Check = (env) =>
  ['SMS_WEIGHTS', 'SMS_ROUTES', 'SMS_RATES', 'WORKER_QUEUES'].flatMap((name) => {
    const entries = (env[name] ?? '').split(',').map((entry) => entry.split(':')[0])
    return new Set(entries).size < entries.length ? [`${name}: says something twice`] : []
  })

/** A template of Aliyun says its minutes in words of its own; they must be true. */
const checkAliyunMinutes: Check = (env) => {
  if (!(env['SMS_GATEWAYS'] ?? '').split(',').includes('aliyun')) return []
  const general = Number(env['CODE_TTL_SECONDS'] || 300)
  const own = new Map(pairs(env['ALIYUN_TEMPLATES'] ?? ''))
  const { scenes } = parseScenes(env['SCENES'] || 'default')
  const wrong = scenes.filter(({ name, ttlSeconds = general }: Scene) => {
    const said = own.get(name)?.split(':')[1] ?? env['ALIYUN_TEMPLATE_MINUTES'] ?? 5
    return Number(said) * 60 !== ttlSeconds
  })
  return wrong.map(
    ({ name }) =>
      `ALIYUN_TEMPLATE_MINUTES: scene ${name} has codes of another life than its template says; change the life, or give it a template in ALIYUN_TEMPLATES`,
  )
}

/** In production a mail server that is not on this machine has to speak TLS: mails hold codes. */
const goesOutside = (env: Env, url: string) =>
  env['NODE_ENV'] === 'production' && !/^(127\.[0-9.]+|localhost|\[::1\])$/.test(new URL(url).hostname)

const checkMail: Check = (env) => {
  const queues = env['WORKER_QUEUES'] || 'sms,email,events'
  const falls = parseScenes(env['SCENES'] || 'default').scenes.some(({ mayFallBack }) => mayFallBack === true)
  const url = env['SMTP_URL'] ?? ''
  const faults: string[] = []
  if (falls && queues.includes('email') && url === '')
    faults.push('SMTP_URL: is missing (SCENES lets codes fall back to e-mail)')
  if (url !== '' && !env['MAIL_FROM']) faults.push('MAIL_FROM: is missing (SMTP_URL is set)')
  const weak = /[?&](ignoreTLS=true|tls\.rejectUnauthorized=false)/i.test(url)
  if (URL.canParse(url) && goesOutside(env, url) && weak)
    faults.push('SMTP_URL: must not give up TLS in production, mails hold codes')
  return faults
}

const checkEvents: Check = (env) => {
  const faults: string[] = []
  if (env['EVENTS_URL'] && !env['EVENTS_SECRETS'])
    faults.push('EVENTS_SECRETS: is missing (EVENTS_URL is set)')
  if (env['NODE_ENV'] === 'production' && env['EVENTS_URL']?.startsWith('http:'))
    faults.push('EVENTS_URL: must be https in production')
  return faults
}

const checkCallbacks: Check = (env) => {
  const faults: string[] = []
  if (env['CALLBACK_TOKEN'] && !env['PUBLIC_URL'] && (env['SMS_GATEWAYS'] ?? '').includes('twilio'))
    faults.push('PUBLIC_URL: is missing (Twilio is told with each message where its receipt goes)')
  const { scenes } = parseScenes(env['SCENES'] || 'default')
  if (!env['CALLBACK_TOKEN'] && scenes.some(({ receiptWithinSeconds }) => receiptWithinSeconds !== undefined))
    faults.push('CALLBACK_TOKEN: is missing (SCENES waits for delivery receipts)')
  return faults
}

function gatewayOptions(values: Static<typeof WorkerEnv>) {
  const callbacks = values.CALLBACK_TOKEN === undefined ? undefined : values.PUBLIC_URL
  return {
    ccp: {
      baseUrl: values.CCP_BASE_URL,
      accountSid: values.CCP_ACCOUNT_SID ?? '',
      authToken: values.CCP_AUTH_TOKEN ?? '',
      appId: values.CCP_APP_ID ?? '',
      templateOf: templates(values.CCP_TEMPLATE_ID ?? '', values.CCP_TEMPLATES),
    },
    aliyun: {
      baseUrl: values.ALIYUN_BASE_URL,
      accessKeyId: values.ALIYUN_ACCESS_KEY_ID ?? '',
      accessKeySecret: values.ALIYUN_ACCESS_KEY_SECRET ?? '',
      signName: values.ALIYUN_SIGN_NAME ?? '',
      templateOf: templates(values.ALIYUN_TEMPLATE_CODE ?? '', values.ALIYUN_TEMPLATES),
      signature: values.ALIYUN_SIGNATURE,
    },
    tencent: {
      baseUrl: values.TENCENT_BASE_URL,
      secretId: values.TENCENT_SECRET_ID ?? '',
      secretKey: values.TENCENT_SECRET_KEY ?? '',
      sdkAppId: values.TENCENT_SDK_APP_ID ?? '',
      signName: values.TENCENT_SIGN_NAME ?? '',
      templateOf: templates(values.TENCENT_TEMPLATE_ID ?? '', values.TENCENT_TEMPLATES),
      region: values.TENCENT_REGION,
    },
    twilio: {
      baseUrl: values.TWILIO_BASE_URL,
      accountSid: values.TWILIO_ACCOUNT_SID ?? '',
      authToken: values.TWILIO_AUTH_TOKEN ?? '',
      ...(values.TWILIO_FROM === undefined ? {} : { from: values.TWILIO_FROM }),
      ...(values.TWILIO_MESSAGING_SERVICE_SID === undefined
        ? {}
        : { messagingServiceSid: values.TWILIO_MESSAGING_SERVICE_SID }),
      ...(callbacks === undefined
        ? {}
        : { statusCallback: `${callbacks}/callbacks/twilio/${values.CALLBACK_TOKEN}` }),
    },
    webhook: {
      url: values.WEBHOOK_URL ?? '',
      secrets: (values.WEBHOOK_SECRETS ?? '').split(','),
      idempotent: values.WEBHOOK_IDEMPOTENT === 'true',
      templateOf: templates(values.WEBHOOK_TEMPLATE, values.WEBHOOK_TEMPLATES),
    },
  }
}

/** @throws ConfigError */
export function loadWorkerConfig(env: Env) {
  const values = loadConfig(WorkerEnv, env, [
    checkKeys,
    checkRedisUrl,
    ...['CCP_BASE_URL', 'ALIYUN_BASE_URL', 'TENCENT_BASE_URL', 'TWILIO_BASE_URL'].map(checkUrl),
    ...['WEBHOOK_URL', 'SMTP_URL', 'EVENTS_URL'].map(checkUrl),
    checkGateways,
    checkUnlisted,
    checkRepeats,
    checkScenes,
    checkAliyunMinutes,
    checkMail,
    checkCallbacks,
    checkEvents,
    checkWebhookSecrets('EVENTS_SECRETS'),
    checkWebhookSecrets('WEBHOOK_SECRETS'),
  ])
  const { scenes } = parseScenes(values.SCENES)
  return {
    host: values.HOST,
    opsPort: values.WORKER_OPS_PORT,
    logLevel: values.LOG_LEVEL,
    tracing: wantsTracing(values),
    redisUrl: values.REDIS_URL,
    keyring: keyringOptions(values),
    queues: values.WORKER_QUEUES.split(','),
    concurrency: values.WORKER_CONCURRENCY,
    gatewayDeadlineMs: values.GATEWAY_DEADLINE_MS,
    gateways: values.SMS_GATEWAYS.split(','),
    order: {
      weights: numbers(values.SMS_WEIGHTS),
      routes: Object.fromEntries(pairs(values.SMS_ROUTES)),
    },
    rates: numbers(values.SMS_RATES),
    vendorQuotas: values.SMS_QUOTAS === 'on',
    rules: fallbackRules(scenes),
    fallsBack: scenes.some(({ mayFallBack }) => mayFallBack === true),
    fallbackAfterMs: values.FALLBACK_AFTER_SECONDS * 1000,
    mail:
      values.SMTP_URL === undefined || values.MAIL_FROM === undefined
        ? null
        : { url: values.SMTP_URL, from: values.MAIL_FROM, requireTls: goesOutside(env, values.SMTP_URL) },
    events:
      values.EVENTS_URL === undefined
        ? null
        : { url: values.EVENTS_URL, secrets: (values.EVENTS_SECRETS ?? '').split(',') },
    expectsReceipts: values.CALLBACK_TOKEN !== undefined,
    webOtpDomain: values.WEB_OTP_DOMAIN,
    ...gatewayOptions(values),
  }
}
export type WorkerConfig = ReturnType<typeof loadWorkerConfig>
