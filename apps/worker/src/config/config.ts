import { guardWindowsOf, historySecondsOf } from '@sms-codes/core/codes/code-policies'
import { egressProxyOf } from '@sms-codes/core/config/egress-proxy'
import { loadConfig, type Env } from '@sms-codes/core/config/load'
import { fallbackRules, fallsBack } from '@sms-codes/core/config/fallback-rules'
import { gatewaysOf, needsTls, workerChecks } from './checks.ts'
import { WorkerEnv } from './variables.ts'

/** @throws ConfigError */
export function loadWorkerConfig(env: Env) {
  const values = loadConfig(WorkerEnv, env, workerChecks(env))
  const { policy, SMTP_URL, EVENTS_URL } = values
  const { from } = policy.email
  return {
    policy,
    host: values.HOST,
    opsPort: values.WORKER_OPS_PORT,
    logLevel: values.LOG_LEVEL,
    tracing: values.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
    redisUrl: values.REDIS_URL,
    keyring: { phoneKey: values.PHONE_KEY, codeKeys: values.CODE_KEYS },
    shards: policy.queues.shards,
    queues: values.WORKER_QUEUES,
    concurrency: values.WORKER_CONCURRENCY,
    gatewayDeadlineMs: policy.gateway_deadline * 1000,
    gateways: gatewaysOf(policy, values, env),
    routes: policy.routes,
    guardWindows: guardWindowsOf(policy),
    historySeconds: historySecondsOf(policy),
    rules: fallbackRules(policy),
    fallsBack: fallsBack(policy),
    fallbackAfterMs: policy.email.fallback_after * 1000,
    mail:
      SMTP_URL === undefined || from === undefined
        ? null
        : { url: SMTP_URL.href, from, requireTls: needsTls(values.NODE_ENV, SMTP_URL) },
    events: EVENTS_URL === undefined ? null : { url: EVENTS_URL.href, keys: values.EVENTS_SECRETS ?? [] },
    proxy: egressProxyOf(values),
    expectsReceipts: values.CALLBACK_TOKEN !== undefined,
  }
}
export type WorkerConfig = ReturnType<typeof loadWorkerConfig>
