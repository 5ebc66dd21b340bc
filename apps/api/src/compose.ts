import type { Registry } from 'prom-client'
import { addressGroup, subnetOf } from '@sms-codes/core/limits/client-address'
import { createAudit } from '@sms-codes/core/limits/audit'
import { createCodeStore } from '@sms-codes/core/codes/code-store'
import { createContacts } from '@sms-codes/core/codes/contacts'
import { createDeliveryReceipts } from '@sms-codes/core/queues/delivery-receipts'
import { createEventQueue, withEvents } from '@sms-codes/core/queues/events'
import { createKeyring } from '@sms-codes/core/keyring'
import { createLimits } from '@sms-codes/core/limits/limits'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import type { Logger } from '@sms-codes/core/logger'
import { createSendQueue, EMAIL_QUEUE, SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { createSendLedger } from '@sms-codes/core/codes/send-ledger'
import type { Tracing } from '@sms-codes/core/process/tracing'
import { createBacklog } from './abuse/backpressure.ts'
import { buildApp, type ApiDeps } from './server.ts'
import { reportBudget } from './abuse/budget-metric.ts'
import { createProofs } from './captcha/proofs.ts'
import { createCaptchas } from './captcha/store.ts'
import { scenePolicies, type ApiConfig } from './config/config.ts'
import { createGate } from './abuse/rate-limits.ts'
import { createGuard } from './abuse/pumping-guard.ts'
import { createHeat } from './abuse/step-up.ts'
import { createIdempotency } from './http/idempotency.ts'
import { createLimiters } from './abuse/limiters.ts'
import { createApiMetrics } from './metrics.ts'
import { createReceiptKeys } from './receipts/receipt-keys.ts'
import { createReceipts } from './receipts/receipts.ts'
import { createScreen } from './abuse/allow-deny-lists.ts'
import { createTestNumbers } from './test-numbers.ts'

export type WireOptions = {
  config: ApiConfig
  log: Logger
  redis: RedisClient
  producer: RedisClient
  registry: Registry
  tracing?: Tracing | null
}

/** Makes every part of the API from its configuration and two connections: the one place where they meet. */
export async function wireApi({ config, log, redis, producer, registry, tracing = null }: WireOptions) {
  const policyOf = scenePolicies(config.policies)
  const keyring = createKeyring(config.keyring)
  const limits = createLimits(redis)
  const metrics = createApiMetrics(registry)
  reportBudget(registry, limits, config.gate.budget)
  const queue = createSendQueue(producer, log, SMS_QUEUE, tracing)
  const mails = createSendQueue(producer, log, EMAIL_QUEUE, tracing)
  const events = config.tellsEvents ? createEventQueue(producer, log, tracing) : null
  const ledger = createSendLedger(redis, keyring)
  const audit = createAudit(redis)
  const guard = createGuard(redis, limits, config.guard, metrics, audit, log)
  const deps: ApiDeps = {
    scenes: Object.keys(config.policies),
    corsOrigins: config.corsOrigins,
    apiKeys: config.apiKeys,
    codeLength: (scene) => policyOf(scene).length,
    captchas: createCaptchas(redis),
    proofs: createProofs(redis, keyring),
    heatOf: createHeat(config.heat),
    limiters: createLimiters(limits, config.limiters, metrics),
    screen: createScreen({ lists: createLists(redis), keyring, metrics, audit, log }, config.lists),
    guard,
    gate: createGate(limits, config.gate, guard, metrics),
    backlog: createBacklog(redis, config.queueMaxAgeSeconds, metrics),
    codes: createCodeStore(redis, keyring, policyOf),
    queue,
    mails,
    rules: config.rules,
    deliveryReceipts: createDeliveryReceipts(redis, keyring),
    receiptParsers: config.callbacks.parsers,
    callbackToken: config.callbacks.token,
    callbackAddresses: config.callbacks.addresses,
    metrics,
    ledger: events === null ? ledger : withEvents(ledger, events),
    testNumbers: createTestNumbers(config.testNumbers),
    receipts: createReceipts(redis, keyring, createReceiptKeys(keyring)),
    contacts: createContacts(redis, keyring),
    idempotency: createIdempotency(redis, keyring),
    whoIs: (ip) => ({
      address: keyring.pseudonym(addressGroup(ip)),
      subnet: keyring.pseudonym(subnetOf(ip)),
    }),
  }
  const { trustProxy, pressure } = config
  const app = await buildApp({ log, trustProxy, pressure, tracing, deps })
  return { app, deps, queues: [queue, mails, ...(events === null ? [] : [events])], keyring }
}
