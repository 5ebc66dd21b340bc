import { setTimeout as sleep } from 'node:timers/promises'
import { createCodeStore } from '@sms-codes/core/code-store'
import { configOrExit, EXIT_CONFIG } from '@sms-codes/core/config'
import { createContacts } from '@sms-codes/core/contacts'
import { createKeyring } from '@sms-codes/core/keyring'
import { createLimits } from '@sms-codes/core/limits'
import { createLogger } from '@sms-codes/core/logger'
import { createRegistry } from '@sms-codes/core/metrics'
import { startOps } from '@sms-codes/core/ops'
import { createSendQueue } from '@sms-codes/core/queues'
import { connectRedis, serverFaultsAtBoot, storeNotReady } from '@sms-codes/core/redis'
import { createSendLedger } from '@sms-codes/core/send-ledger'
import { onShutdown } from '@sms-codes/core/shutdown'
import { addressGroup, subnetOf } from './address.ts'
import { buildApp } from './app.ts'
import { createProofs } from './captcha/proofs.ts'
import { createCaptchas } from './captcha/store.ts'
import { loadApiConfig, scenePolicies } from './config.ts'
import { createGuard } from './guard.ts'
import { createGate } from './gate.ts'
import { createHeat } from './heat.ts'
import { createIdempotency } from './idempotency.ts'
import { createLimiters } from './limiters.ts'
import { createApiMetrics } from './metrics.ts'
import { createReceiptKeys } from './receipt-keys.ts'
import { createReceipts } from './receipts.ts'
import { createTestNumbers } from './test-numbers.ts'

const config = configOrExit(() => loadApiConfig(process.env))
const log = createLogger('api', config.logLevel)
const redis = connectRedis(config.redisUrl, 'commands', log)
const producer = connectRedis(config.redisUrl, 'producer', log)

const faults = await serverFaultsAtBoot(redis)
if (faults.length > 0) {
  process.stderr.write(`${faults.join('\n')}\n`)
  process.exit(EXIT_CONFIG)
}

const scenes = Object.keys(config.policies)
const policyOf = scenePolicies(config.policies)
const registry = createRegistry('api')
const keyring = createKeyring(config.keyring)
const queue = createSendQueue(producer, log)
const limits = createLimits(redis)
const metrics = createApiMetrics(registry)
const guard = createGuard(redis, limits, config.guard, metrics, log)
const app = await buildApp({
  log,
  trustProxy: config.trustProxy,
  metrics,
  deps: {
    scenes,
    corsOrigins: config.corsOrigins,
    apiKeys: config.apiKeys,
    codeLength: (scene) => policyOf(scene).length,
    captchas: createCaptchas(redis),
    proofs: createProofs(redis, keyring),
    heatOf: createHeat(config.heat),
    limiters: createLimiters(limits, config.limiters, metrics),
    guard,
    gate: createGate(limits, config.gate, guard, metrics),
    codes: createCodeStore(redis, keyring, policyOf),
    queue,
    ledger: createSendLedger(redis, keyring),
    testNumbers: createTestNumbers(config.testNumbers),
    receipts: createReceipts(redis, keyring, createReceiptKeys(keyring)),
    contacts: createContacts(redis, keyring),
    idempotency: createIdempotency(redis, keyring),
    whoIs: (ip) => ({
      address: keyring.pseudonym(addressGroup(ip)),
      subnet: keyring.pseudonym(subnetOf(ip)),
    }),
  },
})
const ops = await startOps({
  host: config.host,
  port: config.opsPort,
  registry,
  notReady: () => storeNotReady(redis),
})
await app.listen({ host: config.host, port: config.port })

onShutdown(
  [
    async () => {
      ops.drain()
      await sleep(config.drainMs)
    },
    () => app.close(),
    () => queue.close(),
    async () => {
      producer.disconnect()
      redis.disconnect()
    },
    () => ops.close(),
  ],
  log,
  config.drainMs + 10_000,
)
