import { guardWindowsOf } from '@sms-codes/core/codes/code-policies'
import { loadConfig, type Env } from '@sms-codes/core/config/load'
import { fallbackRules } from '@sms-codes/core/config/scenes'
import { needsTls, WORKER_CHECKS } from './checks.ts'
import { configureGateways } from './gateways.ts'
import { WorkerEnv } from './variables.ts'

/** @throws ConfigError */
export function loadWorkerConfig(env: Env) {
  const values = loadConfig(WorkerEnv, env, WORKER_CHECKS)
  const { policy, SMTP_URL, MAIL_FROM, EVENTS_URL } = values
  return {
    host: values.HOST,
    opsPort: values.WORKER_OPS_PORT,
    logLevel: values.LOG_LEVEL,
    tracing: values.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
    redisUrl: values.REDIS_URL,
    keyring: { phoneKey: values.PHONE_KEY, codeKeys: values.CODE_KEYS },
    shards: policy.queues.shards,
    queues: values.WORKER_QUEUES,
    concurrency: values.WORKER_CONCURRENCY,
    gatewayDeadlineMs: values.GATEWAY_DEADLINE_MS,
    gateways: configureGateways(values, policy),
    order: { weights: values.SMS_WEIGHTS, routes: values.SMS_ROUTES },
    rates: values.SMS_RATES,
    vendorQuotas: values.SMS_QUOTAS === 'on',
    guardWindows: guardWindowsOf(policy),
    rules: fallbackRules(policy),
    fallsBack: Object.values(policy.scenes).some(({ fallback }) => fallback === true),
    fallbackAfterMs: values.FALLBACK_AFTER_SECONDS * 1000,
    mail:
      SMTP_URL === undefined || MAIL_FROM === undefined
        ? null
        : { url: SMTP_URL.href, from: MAIL_FROM, requireTls: needsTls(values.NODE_ENV, SMTP_URL) },
    events: EVENTS_URL === undefined ? null : { url: EVENTS_URL.href, keys: values.EVENTS_SECRETS ?? [] },
    expectsReceipts: values.CALLBACK_TOKEN !== undefined,
    webOtpDomain: values.WEB_OTP_DOMAIN,
  }
}
export type WorkerConfig = ReturnType<typeof loadWorkerConfig>
