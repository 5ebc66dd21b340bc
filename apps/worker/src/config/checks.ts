import type { Check, Env } from '@sms-codes/core/config/load'
import { checkKeys, checkRedisUrl, checkUrl, checkWebhookSecrets } from '@sms-codes/core/config/checks'
import { parseScenes, type Scene } from '@sms-codes/core/config/scenes'
import { checkGateways, LOOPBACK } from './gateway-variables.ts'

/** `a:1,b:2` as pairs; what follows a second colon stays with the value. */
export const pairs = (text: string) =>
  text.split(',').flatMap((pair): [string, string][] => {
    const colon = pair.indexOf(':')
    return colon < 1 ? [] : [[pair.slice(0, colon), pair.slice(colon + 1)]]
  })

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
  const { scenes, faults } = parseScenes(env['SCENES'] ?? '')
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
  const general = Number(env['CODE_TTL_SECONDS'])
  const own = new Map(pairs(env['ALIYUN_TEMPLATES'] ?? ''))
  const { scenes } = parseScenes(env['SCENES'] ?? '')
  const wrong = scenes.filter(({ name, ttlSeconds = general }: Scene) => {
    const said = own.get(name)?.split(':')[1] ?? env['ALIYUN_TEMPLATE_MINUTES']
    return Number(said) * 60 !== ttlSeconds
  })
  return wrong.map(
    ({ name }) =>
      `ALIYUN_TEMPLATE_MINUTES: scene ${name} has codes of another life than its template says; change the life, or give it a template in ALIYUN_TEMPLATES`,
  )
}

/** In production what leaves this machine has to speak TLS: mails hold codes, and events say who did what. */
export const goesOutside = (env: Env, url: string) =>
  env['NODE_ENV'] === 'production' && !LOOPBACK.test(new URL(url).hostname)

const checkMail: Check = (env) => {
  const queues = env['WORKER_QUEUES'] ?? ''
  const falls = parseScenes(env['SCENES'] ?? '').scenes.some(({ mayFallBack }) => mayFallBack === true)
  const url = env['SMTP_URL'] ?? ''
  const faults: string[] = []
  const needed = falls && queues.includes('email')
  if (needed && url === '') faults.push('SMTP_URL: is missing (SCENES lets codes fall back to e-mail)')
  if ((needed || url !== '') && !env['MAIL_FROM'])
    faults.push('MAIL_FROM: is missing (mails have to come from somebody)')
  const weak = /[?&](ignoreTLS=true|tls\.rejectUnauthorized=false)/i.test(url)
  if (URL.canParse(url) && goesOutside(env, url) && weak)
    faults.push('SMTP_URL: must not give up TLS in production, mails hold codes')
  return faults
}

const checkEvents: Check = (env) => {
  const faults: string[] = []
  if (env['EVENTS_URL'] && !env['EVENTS_SECRETS'])
    faults.push('EVENTS_SECRETS: is missing (EVENTS_URL is set)')
  const url = env['EVENTS_URL'] ?? ''
  if (url.startsWith('http:') && URL.canParse(url) && goesOutside(env, url))
    faults.push('EVENTS_URL: must be https in production, unless it is on the same machine')
  return faults
}

const checkCallbacks: Check = (env) => {
  const faults: string[] = []
  if (env['CALLBACK_TOKEN'] && !env['PUBLIC_URL'] && (env['SMS_GATEWAYS'] ?? '').includes('twilio'))
    faults.push('PUBLIC_URL: is missing (Twilio is told with each message where its receipt goes)')
  const { scenes } = parseScenes(env['SCENES'] ?? '')
  if (!env['CALLBACK_TOKEN'] && scenes.some(({ receiptWithinSeconds }) => receiptWithinSeconds !== undefined))
    faults.push('CALLBACK_TOKEN: is missing (SCENES waits for delivery receipts)')
  return faults
}

/** Faults that one variable's schema cannot see. */
export const WORKER_CHECKS: Check[] = [
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
]
