import { egressProxyOf } from '@sms-codes/core/config/egress-proxy'
import { loadConfig, type Env } from '@sms-codes/core/config/load'
import type { Policy } from '@sms-codes/core/config/policy-schema'
import type { CodePolicy } from '@sms-codes/core/codes/code-store'
import { budgetOf, policiesOf } from '@sms-codes/core/codes/code-policies'
import { lackedSecrets, listReceiptParsers } from '@sms-codes/gateways/receipts'
import { backEndsOf } from '../http/api-keys.ts'
import { API_CHECKS } from './checks.ts'
import { ApiEnv } from './variables.ts'

function rateLimits(policy: Policy) {
  const { address, subnet, segment } = policy.limits
  return {
    images: address.images,
    attempts: address.attempts,
    verifies: address.verifies,
    subnet_images: subnet.images,
    subnet_attempts: subnet.attempts,
    subnet_verifies: subnet.verifies,
    address: address.sends,
    subnet: subnet.sends,
    segment,
    budget: budgetOf(policy),
  }
}

/** @throws ConfigError */
export function loadApiConfig(env: Env) {
  const values = loadConfig(ApiEnv, env, API_CHECKS)
  const { policy } = values
  const callbackAddress = { callbackToken: values.CALLBACK_TOKEN, publicUrl: values.PUBLIC_URL }
  return {
    policy,
    host: values.HOST,
    port: values.API_PORT,
    opsPort: values.API_OPS_PORT,
    logLevel: values.LOG_LEVEL,
    tracing: values.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
    redisUrl: values.REDIS_URL,
    drainMs: values.DRAIN_MS,
    keyring: { phoneKey: values.PHONE_KEY, codeKeys: values.CODE_KEYS },
    trustProxy: values.TRUST_PROXY,
    callbacks: {
      token: values.CALLBACK_TOKEN ?? '',
      parsers: listReceiptParsers(values, callbackAddress, policy.gateways),
      lackedSecrets: lackedSecrets(values, callbackAddress, policy.gateways),
      gateways: Object.keys(policy.gateways),
    },
    tellsEvents: values.EVENTS_URL !== undefined,
    corsOrigins: values.CORS_ORIGINS,
    captchas: Object.fromEntries(
      Object.entries(policy.scenes).map(([name, own]) => [name, own.captcha ?? policy.codes.captcha]),
    ),
    siteverify:
      policy.captcha.siteverify === undefined
        ? null
        : {
            ...policy.captcha.siteverify,
            secret: values.CAPTCHA_SECRET ?? '',
            proxy: egressProxyOf(values),
          },
    backEnds: backEndsOf(values.API_KEYS, policy.api_keys),
    policies: policiesOf(policy),
    rateLimits: rateLimits(policy),
  }
}
export type ApiConfig = ReturnType<typeof loadApiConfig>

/** Returns a function that finds the policy of a scene. The route schemas have already refused an unknown scene. */
export function scenePolicies(all: Record<string, CodePolicy>) {
  return (scene: string): CodePolicy => {
    const policy = all[scene]
    if (policy === undefined) throw new Error(`no policy for scene ${scene}`)
    return policy
  }
}
