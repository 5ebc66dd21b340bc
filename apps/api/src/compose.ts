import type { Registry } from 'prom-client'
import { guardWindowsOf, historySecondsOf } from '@sms-codes/core/codes/code-policies'
import { createCodeStore } from '@sms-codes/core/codes/code-store'
import { createContacts } from '@sms-codes/core/codes/contacts'
import { createSendLedger } from '@sms-codes/core/codes/send-ledger'
import { createLocales } from '@sms-codes/core/config/locales'
import { fallbackRules } from '@sms-codes/core/config/fallback-rules'
import { createFailureList } from '@sms-codes/core/history/failures'
import { createRefusalNotes } from '@sms-codes/core/history/history'
import { createKeyring } from '@sms-codes/core/keyring'
import { createAudit } from '@sms-codes/core/limits/audit'
import { createClientAddress } from '@sms-codes/core/limits/forwarded-for'
import { createCounters } from '@sms-codes/core/limits/counters'
import { createTraffic } from '@sms-codes/core/history/traffic'
import { createGuardCounts } from '@sms-codes/core/limits/guard-counts'
import type { Logger } from '@sms-codes/core/logger'
import { loadNumbers } from '@sms-codes/core/numbers'
import type { Tracing } from '@sms-codes/core/process/tracing'
import { createDeliveryReceipts } from '@sms-codes/core/queues/delivery-receipts'
import { createEventCount } from '@sms-codes/core/queues/event-metrics'
import { createEventQueue } from '@sms-codes/core/queues/events'
import { createSendQueue, EMAIL_QUEUE } from '@sms-codes/core/queues/send-queue'
import { createSmsQueue } from '@sms-codes/core/queues/shards'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { createAdmission } from './abuse/admission.ts'
import { createListCheck } from './abuse/allow-deny-lists.ts'
import { createBacklog } from './abuse/backpressure.ts'
import { createCallers } from './abuse/caller.ts'
import { createPumpingGuard } from './abuse/pumping-guard.ts'
import { createRateLimits } from './abuse/rate-limits.ts'
import { createStepUp } from './abuse/step-up.ts'
import { createCaptchaCheck } from './captcha/captcha-check.ts'
import { createProofs } from './captcha/proofs.ts'
import { createSiteverify } from './captcha/siteverify.ts'
import { createCaptchas } from './captcha/store.ts'
import { scenePolicies, type ApiConfig } from './config/config.ts'
import { sceneFacts } from './config/scene-facts.ts'
import { createBackEnds } from './http/api-keys.ts'
import { createIdempotency } from './http/idempotency.ts'
import { createIdempotencyStore } from './http/idempotency-store.ts'
import { createFieldNormaliser, createServedNumbers } from './http/normalise-fields.ts'
import { createApiMetrics, reportBudget } from './metrics.ts'
import { createReceiptKeys } from './receipts/receipt-keys.ts'
import { createReceipts } from './receipts/receipts.ts'
import { createTestNumbers } from './test-numbers.ts'

/** The configuration of an API process, its log, its two connections to Redis, and its metrics and tracing. */
export type ApiProcess = {
  config: ApiConfig
  log: Logger
  redis: RedisClient
  producer: RedisClient
  registry: Registry
  tracing?: Tracing | null
}

/** Creates all parts of the API and connects them with each other. `deps` holds the parts that the routes use. */
export async function composeApi({ config, log, redis, producer, registry, tracing = null }: ApiProcess) {
  const { policy } = config
  const { shards } = policy.queues
  const policyOf = scenePolicies(config.policies)
  const keyring = createKeyring(config.keyring)
  const counters = createCounters(redis)
  const metrics = createApiMetrics(registry, Object.keys(config.policies))
  reportBudget(registry, counters, config.rateLimits.budget)
  const queue = createSmsQueue(producer, log, shards, tracing)
  const mails = createSendQueue(producer, log, EMAIL_QUEUE, tracing)
  const countEvent = config.tellsEvents ? createEventCount(registry) : null
  const events = countEvent && createEventQueue(producer, log, tracing, () => countEvent('lost'))
  const audit = createAudit(redis)
  const guard = createPumpingGuard({ metrics, audit, log }, policy)
  const lists = createListCheck({ metrics, audit, log }, policy.lists)
  const stepUp = createStepUp(policy.step_up, policy.limits.address.attempts)
  const readNumber = await loadNumbers(new Set(Object.keys(policy.countries)))
  const rateLimits = createRateLimits(counters, config.rateLimits, metrics)
  const captchas = createCaptchas(redis)
  const proofs = createProofs(redis, keyring)
  const siteverify = config.siteverify && createSiteverify({ redis, keyring, log }, config.siteverify)
  const backEnds = createBackEnds(config.backEnds)
  const deps = {
    corsOrigins: config.corsOrigins,
    backEnds,
    callerOf: createCallers(keyring, createClientAddress(config.trustProxy)),
    backlog: createBacklog(redis, metrics, {
      maxAgeSeconds: policy.overload.queue_max_age,
      shards,
      pseudonym: keyring.pseudonym,
    }),
    captchas,
    proofs,
    siteverify,
    checkCaptcha: createCaptchaCheck({ captchas, proofs, siteverify, rateLimits, metrics }, config.captchas),
    stepUp,
    rateLimits,
    admit: createAdmission(
      { redis, counters, keyring, metrics, lists, guard },
      {
        windows: config.rateLimits,
        countries: policy.countries,
        backEnds: config.backEnds,
        proofAfter: stepUp.proofAfter,
      },
    ),
    guard,
    guardCounts: createGuardCounts(redis, guardWindowsOf(policy), log),
    traffic: createTraffic(redis, log),
    normaliseFields: createFieldNormaliser(readNumber),
    servedNumber: createServedNumbers(readNumber),
    idempotency: createIdempotency(createIdempotencyStore(redis, keyring), backEnds),
    scenes: Object.keys(config.policies),
    sceneFacts: sceneFacts(config),
    codeLength: (scene: string) => policyOf(scene).length,
    localeOf: createLocales(policy),
    codes: createCodeStore(redis, keyring, policyOf),
    contacts: createContacts(redis, keyring),
    ledger: createSendLedger(
      redis,
      keyring,
      events?.tell,
      createFailureList(redis, historySecondsOf(policy), log),
    ),
    noteRefusal: createRefusalNotes(redis, keyring, historySecondsOf(policy)),
    queue,
    mails,
    rules: fallbackRules(policy),
    testNumbers: createTestNumbers(policy.test_numbers.numbers),
    receipts: createReceipts(redis, keyring, createReceiptKeys(keyring)),
    deliveryReceipts: createDeliveryReceipts(redis, keyring),
    callbacks: { ...config.callbacks, addresses: policy.callbacks.addresses },
    metrics,
  }
  return { deps, queues: [queue, mails, ...(events === null ? [] : [events])], keyring }
}

/** The parts of the API. Each route picks the parts that it needs, so that its signature shows them. */
export type ApiDeps = Awaited<ReturnType<typeof composeApi>>['deps']
