import type { Check } from '@sms-codes/core/config/load'
import { checkKeys } from '@sms-codes/core/config/keys'
import { checkGateways, LOOPBACK } from './gateway-variables.ts'
import type { WorkerValues } from './variables.ts'

type WorkerCheck = Check<WorkerValues>

/** `a:1,b:2` as pairs; what follows a second colon stays with the value. */
export const pairs = (text: string) =>
  text.split(',').flatMap((pair): [string, string][] => {
    const colon = pair.indexOf(':')
    return colon < 1 ? [] : [[pair.slice(0, colon), pair.slice(colon + 1)]]
  })

const checkUnlisted: WorkerCheck = ({ SMS_GATEWAYS, SMS_WEIGHTS = {}, SMS_ROUTES = {}, SMS_RATES = {} }) => {
  if (SMS_GATEWAYS === undefined) return []
  const listed: readonly string[] = SMS_GATEWAYS
  const named = {
    SMS_WEIGHTS: Object.keys(SMS_WEIGHTS),
    SMS_ROUTES: Object.values(SMS_ROUTES),
    SMS_RATES: Object.keys(SMS_RATES),
  }
  return Object.entries(named).flatMap(([variable, gateways]) =>
    gateways.some((gateway) => !listed.includes(gateway))
      ? [`${variable}: names a gateway that SMS_GATEWAYS does not list`]
      : [],
  )
}

const checkTemplates: WorkerCheck = ({ SCENES, ...values }) =>
  (['CCP_TEMPLATES', 'ALIYUN_TEMPLATES', 'TENCENT_TEMPLATES', 'WEBHOOK_TEMPLATES'] as const).flatMap((name) =>
    pairs(values[name] ?? '').some(([scene]) => SCENES?.every((known) => known.name !== scene) === true)
      ? [`${name}: names a scene that SCENES does not have`]
      : [],
  )

/** The text of a template at Aliyun names the minutes that a code lives; they must be true. */
const checkAliyunMinutes: WorkerCheck = (values) => {
  const { SCENES = [], CODE_TTL_SECONDS: general, ALIYUN_TEMPLATE_MINUTES: minutes } = values
  if (values.SMS_GATEWAYS?.includes('aliyun') !== true) return []
  const own = new Map(pairs(values.ALIYUN_TEMPLATES ?? ''))
  const wrong = SCENES.filter(({ name, ttlSeconds = general }) => {
    const said = own.get(name)?.split(':')[1] ?? minutes
    return Number(said) * 60 !== ttlSeconds
  })
  return wrong.map(
    ({ name }) =>
      `ALIYUN_TEMPLATE_MINUTES: scene ${name} has codes of another life than its template says; change the life, or give it a template in ALIYUN_TEMPLATES`,
  )
}

/** In production, mails (which hold codes) and events may leave this machine only over TLS. */
export const needsTls = (nodeEnv: string | undefined, { hostname }: URL) =>
  nodeEnv === 'production' && !LOOPBACK.test(hostname)

const checkMail: WorkerCheck = ({ NODE_ENV, WORKER_QUEUES, SCENES, SMTP_URL: url, MAIL_FROM }) => {
  const faults: string[] = []
  const mayFallBack = SCENES?.some((scene) => scene.mayFallBack === true) === true
  const isNeeded = mayFallBack && WORKER_QUEUES?.includes('email') === true
  if (isNeeded && url === undefined)
    faults.push('SMTP_URL: is missing (SCENES lets codes fall back to e-mail)')
  if ((isNeeded || url !== undefined) && MAIL_FROM === undefined)
    faults.push('MAIL_FROM: is missing (the sender of the mails)')
  const isWeak = /[?&](ignoreTLS=true|tls\.rejectUnauthorized=false)/i.test(url?.search ?? '')
  if (url !== undefined && isWeak && needsTls(NODE_ENV, url))
    faults.push('SMTP_URL: must not switch TLS or its checks off in production, because mails hold codes')
  return faults
}

const checkEvents: WorkerCheck = ({ NODE_ENV, EVENTS_URL: url, EVENTS_SECRETS }) => {
  const faults: string[] = []
  if (url !== undefined && EVENTS_SECRETS === undefined)
    faults.push('EVENTS_SECRETS: is missing (EVENTS_URL is set)')
  if (url?.protocol === 'http:' && needsTls(NODE_ENV, url))
    faults.push('EVENTS_URL: must be https in production, unless it is on the same machine')
  return faults
}

const checkCallbacks: WorkerCheck = ({ CALLBACK_TOKEN, PUBLIC_URL, SMS_GATEWAYS, SCENES }) => {
  const faults: string[] = []
  if (CALLBACK_TOKEN !== undefined && PUBLIC_URL === undefined && SMS_GATEWAYS?.includes('twilio') === true)
    faults.push('PUBLIC_URL: is missing (a message to Twilio names the address for its delivery receipt)')
  if (
    CALLBACK_TOKEN === undefined &&
    SCENES?.some((scene) => scene.receiptWithinSeconds !== undefined) === true
  )
    faults.push('CALLBACK_TOKEN: is missing (a scene waits for delivery receipts)')
  return faults
}

/** Rules about more than one variable of a worker. */
export const WORKER_CHECKS: readonly WorkerCheck[] = [
  checkKeys,
  checkGateways,
  checkUnlisted,
  checkTemplates,
  checkAliyunMinutes,
  checkMail,
  checkCallbacks,
  checkEvents,
]
