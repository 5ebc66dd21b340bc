import { loadConfig, type Env } from '@sms-codes/core/config/load'
import { fallbackRules } from '@sms-codes/core/config/scenes'
import { wantsTracing } from '@sms-codes/core/config/shared-variables'
import { needsTls, pairs, WORKER_CHECKS } from './checks.ts'
import { WorkerEnv, type WorkerValues } from './variables.ts'

/** The template of a scene: its own, or the general one. */
const templates = (general: string, text: string) => {
  const own = new Map(pairs(text).map(([scene, template]) => [scene, template.split(':')[0] ?? '']))
  return (scene: string) => own.get(scene) ?? general
}

function gatewayOptions(values: WorkerValues) {
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
      secrets: values.WEBHOOK_SECRETS ?? [],
      idempotent: values.WEBHOOK_IDEMPOTENT === 'true',
      templateOf: templates(values.WEBHOOK_TEMPLATE, values.WEBHOOK_TEMPLATES),
    },
  }
}

/** @throws ConfigError */
export function loadWorkerConfig(env: Env) {
  const values = loadConfig(WorkerEnv, env, WORKER_CHECKS)
  const { SMTP_URL, MAIL_FROM, EVENTS_URL } = values
  return {
    host: values.HOST,
    opsPort: values.WORKER_OPS_PORT,
    logLevel: values.LOG_LEVEL,
    tracing: wantsTracing(values),
    redisUrl: values.REDIS_URL,
    keyring: { phoneKey: values.PHONE_KEY, codeKeys: values.CODE_KEYS },
    queues: values.WORKER_QUEUES,
    concurrency: values.WORKER_CONCURRENCY,
    gatewayDeadlineMs: values.GATEWAY_DEADLINE_MS,
    gateways: values.SMS_GATEWAYS,
    order: { weights: values.SMS_WEIGHTS, routes: values.SMS_ROUTES },
    rates: values.SMS_RATES,
    vendorQuotas: values.SMS_QUOTAS === 'on',
    rules: fallbackRules(values.SCENES),
    fallsBack: values.SCENES.some(({ mayFallBack }) => mayFallBack === true),
    fallbackAfterMs: values.FALLBACK_AFTER_SECONDS * 1000,
    mail:
      SMTP_URL === undefined || MAIL_FROM === undefined
        ? null
        : { url: SMTP_URL.href, from: MAIL_FROM, requireTls: needsTls(values.NODE_ENV, SMTP_URL) },
    events: EVENTS_URL === undefined ? null : { url: EVENTS_URL.href, secrets: values.EVENTS_SECRETS ?? [] },
    expectsReceipts: values.CALLBACK_TOKEN !== undefined,
    webOtpDomain: values.WEB_OTP_DOMAIN,
    ...gatewayOptions(values),
  }
}
export type WorkerConfig = ReturnType<typeof loadWorkerConfig>
