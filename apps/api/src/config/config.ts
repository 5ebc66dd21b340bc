import { loadConfig, type Env } from '@sms-codes/core/config/load'
import type { CodePolicy } from '@sms-codes/core/codes/code-store'
import { budgetOf, guardWindowsOf, policiesOf } from '@sms-codes/core/codes/code-policies'
import { fallbackRules } from '@sms-codes/core/config/scenes'
import { wantsTracing } from '@sms-codes/core/config/shared-variables'
import { lackedSecrets, listReceiptParsers } from '@sms-codes/gateways/receipts'
import { API_CHECKS } from './checks.ts'
import { ApiEnv, type ApiValues } from './variables.ts'
import type { GuardOptions } from '../abuse/pumping-guard.ts'

function guardOptions(values: ApiValues): GuardOptions {
  const { GUARD_MODE, GUARD_ADDRESS_MODE } = values
  const { GUARD_MIN_PERCENT: minPercent } = values
  const mode = GUARD_MODE === 'off' ? 'observe' : GUARD_MODE
  return {
    on: GUARD_MODE !== 'off',
    denySeconds: values.GUARD_DENY_SECONDS,
    canChallenge: values.STEP_UP === 'on',
    windowSeconds: guardWindowsOf(values),
    groups: {
      segment: { mode, minPercent, minSends: values.GUARD_MIN_SENDS },
      address: {
        mode: GUARD_ADDRESS_MODE === 'same' ? mode : GUARD_ADDRESS_MODE,
        minPercent,
        minSends: values.GUARD_ADDRESS_MIN_SENDS,
      },
      service: {
        mode,
        minPercent: values.GUARD_SERVICE_MIN_PERCENT,
        minSends: values.GUARD_SERVICE_MIN_SENDS,
      },
    },
  }
}

/** @throws ConfigError */
export function loadApiConfig(env: Env) {
  const values = loadConfig(ApiEnv, env, { variables: API_CHECKS })
  const callbackAddress = { callbackToken: values.CALLBACK_TOKEN, publicUrl: values.PUBLIC_URL }
  return {
    host: values.HOST,
    port: values.API_PORT,
    opsPort: values.API_OPS_PORT,
    logLevel: values.LOG_LEVEL,
    tracing: wantsTracing(values),
    redisUrl: values.REDIS_URL,
    drainMs: values.DRAIN_MS,
    shards: values.QUEUE_SHARDS,
    queueMaxAgeSeconds: values.QUEUE_MAX_AGE_SECONDS,
    eventLoop: { delayMs: values.EVENT_LOOP_MAX_DELAY_MS, percent: values.EVENT_LOOP_MAX_PERCENT },
    keyring: { phoneKey: values.PHONE_KEY, codeKeys: values.CODE_KEYS },
    trustProxy: values.TRUST_PROXY,
    callbacks: {
      token: values.CALLBACK_TOKEN ?? '',
      addresses: values.CALLBACK_ADDRESSES,
      parsers: listReceiptParsers(values, callbackAddress),
      lackedSecrets: lackedSecrets(values, callbackAddress),
      gateways: values.SMS_GATEWAYS,
    },
    tellsEvents: values.EVENTS_URL !== undefined,
    rules: fallbackRules(values.SCENES),
    corsOrigins: values.CORS_ORIGINS,
    corsHeaders: values.CORS_HEADERS,
    apiKeys: values.API_KEYS,
    policies: policiesOf(values),
    testNumbers: values.TEST_NUMBERS,
    lists: { allow: values.ALLOW_LIST, deny: values.DENY_LIST },
    rateLimits: {
      images: values.LIMIT_ADDRESS_IMAGES,
      attempts: values.LIMIT_ADDRESS_ATTEMPTS,
      verifies: values.LIMIT_ADDRESS_VERIFIES,
      subnet_images: values.LIMIT_SUBNET_IMAGES,
      subnet_attempts: values.LIMIT_SUBNET_ATTEMPTS,
      subnet_verifies: values.LIMIT_SUBNET_VERIFIES,
      address: values.LIMIT_ADDRESS_SENDS,
      subnet: values.LIMIT_SUBNET_SENDS,
      segment: values.LIMIT_SEGMENT_SENDS,
      budget: budgetOf(values),
    },
    stepUp: {
      mode: values.STEP_UP,
      attempts: values.LIMIT_ADDRESS_ATTEMPTS,
      longPicturePercent: values.STEP_UP_WARM_PERCENT,
      proofPercent: values.STEP_UP_HOT_PERCENT,
    },
    guard: guardOptions(values),
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
