import { once } from 'node:events'
import { randomBytes, randomUUID } from 'node:crypto'
import { Queue, type Job } from 'bullmq'
import { Registry } from 'prom-client'
import { createCodeStore } from '@sms-codes/core/code-store'
import { createContacts } from '@sms-codes/core/contacts'
import { createKeyring } from '@sms-codes/core/keyring'
import { createLimits } from '@sms-codes/core/limits'
import { createLogger, type Logger } from '@sms-codes/core/logger'
import { createSendQueue, QUEUE_PREFIX, SMS_QUEUE, type SendJob } from '@sms-codes/core/queues'
import { connectRedis } from '@sms-codes/core/redis'
import { createSendLedger } from '@sms-codes/core/send-ledger'
import { startRedis } from '@sms-codes/launcher/redis'
import { addressGroup, subnetOf } from '../src/address.ts'
import { buildApp } from '../src/app.ts'
import { createProofs } from '../src/captcha/proofs.ts'
import { createCaptchas } from '../src/captcha/store.ts'
import { loadApiConfig, scenePolicies } from '../src/config.ts'
import { createGuard } from '../src/guard.ts'
import { createGate } from '../src/gate.ts'
import { createHeat } from '../src/heat.ts'
import { createIdempotency } from '../src/idempotency.ts'
import { createLimiters } from '../src/limiters.ts'
import { createApiMetrics } from '../src/metrics.ts'
import { createReceiptKeys } from '../src/receipt-keys.ts'
import { createReceipts } from '../src/receipts.ts'
import { createTestNumbers } from '../src/test-numbers.ts'

const key = () => randomBytes(32).toString('base64')

/** The API as main.ts wires it, on a Redis of its own, called without a socket. */
export async function startApi(
  env: Record<string, string> = {},
  log: Logger = createLogger('api', 'silent'),
) {
  const server = await startRedis()
  const config = loadApiConfig({
    PHONE_KEY: key(),
    CODE_KEYS: `k1:${key()}`,
    REDIS_URL: server.url,
    TRUST_PROXY: '127.0.0.1',
    CORS_ORIGINS: 'https://shop.example',
    ...env,
  })
  const redis = connectRedis(config.redisUrl, 'commands', log)
  const producer = connectRedis(config.redisUrl, 'producer', log)
  await Promise.all([once(redis, 'ready'), once(producer, 'ready')])
  const keyring = createKeyring(config.keyring)
  const receiptKeys = createReceiptKeys(keyring)
  const scenes = Object.keys(config.policies)
  const policyOf = scenePolicies(config.policies)
  const registry = new Registry()
  const queue = createSendQueue(producer, log)
  const limits = createLimits(redis)
  const metrics = createApiMetrics(registry)
  const idempotency = createIdempotency(redis, keyring)
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
      receipts: createReceipts(redis, keyring, receiptKeys),
      contacts: createContacts(redis, keyring),
      idempotency,
      whoIs: (ip) => ({
        address: keyring.pseudonym(addressGroup(ip)),
        subnet: keyring.pseudonym(subnetOf(ip)),
      }),
    },
  })
  const jobs = new Queue<SendJob>(SMS_QUEUE, { connection: producer, prefix: QUEUE_PREFIX })
  jobs.on('error', () => {})

  return {
    app,
    server,
    redis,
    registry,
    queue,
    keyring,
    receiptKeys,
    idempotency,

    /** An answered image code, ready to be used, put where an image service would put it. */
    async captcha(text = 'AB3D'): Promise<{ image_code: string; uuid: string }> {
      const uuid = randomUUID()
      await redis.set(`img_${uuid}`, text, 'EX', 300)
      return { image_code: text, uuid }
    },

    waiting: (): Promise<Job<SendJob>[]> => jobs.getJobs(['waiting', 'prioritized']),

    /** The code of a request, opened with the keys the worker has. */
    async codeOf(rid: string, scene = 'default'): Promise<string> {
      const sealed = await redis.hget(`sms:{${rid.slice(0, 22)}}:code:${scene}`, 'sealed')
      return keyring.open(sealed ?? '', rid)?.slice(11) ?? ''
    },

    async post(url: string, payload: unknown, headers: Record<string, string> = {}): Promise<Answer> {
      const response = await app.inject({
        method: 'POST',
        url,
        headers: { 'x-forwarded-for': anAddress(), 'content-type': 'application/json', ...headers },
        payload: JSON.stringify(payload),
      })
      return { status: response.statusCode, body: response.json() }
    },

    /** Sends a code to this phone. */
    async sent(mobile: string, scene: string): Promise<{ rid: string; code: string }> {
      const { body } = await this.post('/v1/sms_codes', { mobile, ...(await this.captcha()), scene })
      const rid = String(body['request_id'])
      return { rid, code: await this.codeOf(rid, scene) }
    },

    /** Sends a code to this phone and verifies it. */
    async receipt(mobile: string, scene = 'login'): Promise<string> {
      const { code } = await this.sent(mobile, scene)
      const { body } = await this.post('/v1/sms_codes/verify', { mobile, sms_code: code, scene })
      return String(body['receipt'])
    },

    async stop(): Promise<void> {
      await app.close()
      await Promise.all([jobs.close(), queue.close()])
      producer.disconnect()
      redis.disconnect()
      await server.stop()
    },
  }
}
export type Answer = { status: number; body: Record<string, unknown> }
export type Api = Awaited<ReturnType<typeof startApi>>

/** A number and an address that no other test uses. */
let next = 0
export const aMobile = () => `139${String(10_000_000 + ++next)}`
export const anAddress = () => `10.${(++next >> 16) & 255}.${(next >> 8) & 255}.${next & 255}`
