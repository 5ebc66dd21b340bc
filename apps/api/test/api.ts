import { randomBytes, randomUUID } from 'node:crypto'
import { Queue, type Job } from 'bullmq'
import { Registry } from 'prom-client'
import { phoneOf } from '@sms-codes/core/codes/send'
import { sealedMessage } from '@sms-codes/core/codes/sealed-message'
import { createLogger, type Logger } from '@sms-codes/core/logger'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { SMS_QUEUE, type SendJob } from '@sms-codes/core/queues/send-queue'
import { connectRedis } from '@sms-codes/core/redis/connect'
import { keys } from '@sms-codes/core/redis/keys'
import { mergeSettings } from '@sms-codes/core/test/policy-file'
import { untilReady } from '@sms-codes/core/test/until-ready'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { startRedis } from '@sms-codes/launcher/redis'
import { loadApiConfig } from '../src/config/config.ts'
import { createIdempotencyStore } from '../src/http/idempotency-store.ts'
import { createReceiptKeys } from '../src/receipts/receipt-keys.ts'
import { buildServer } from '../src/server.ts'

/** These tests run no worker, so the queue is never emptied. A busy test machine must not cause refusals. */
const CALM = { queue_max_age: '0s', event_loop_max_delay: '0s' }

const key = () => randomBytes(32).toString('base64')

/** Starts the API with the built-in policy. */
export const startApi = (env: Record<string, string> = {}, log?: Logger) => startApiWith({}, env, log)

/**
 * Starts the API as main.ts does, on its own Redis. Tests call it without a socket.
 * @param settings of a policy file
 */
export async function startApiWith(
  settings: object,
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
    POLICY_FILE: policyFile(mergeSettings({ overload: CALM }, settings)),
    ...env,
  })
  // This kind of connection waits longer for an answer than those of main.ts, for the same reason.
  const redis = connectRedis(config.redisUrl, 'operator', log)
  const producer = connectRedis(config.redisUrl, 'operator', log)
  await Promise.all([untilReady(redis), untilReady(producer)])
  const registry = new Registry()
  const { app, deps, queues, keyring } = await buildServer({ config, log, redis, producer, registry })
  const jobs = new Queue<SendJob>(SMS_QUEUE, { connection: producer, prefix: QUEUE_PREFIX })
  jobs.on('error', () => {})

  return {
    app,
    server,
    redis,
    registry,
    queue: deps.queue,
    deps,
    keyring,
    receiptKeys: createReceiptKeys(keyring),
    idempotency: createIdempotencyStore(redis, keyring),

    /** Stores an image code as the picture route does, and returns the right answer to it. */
    async captcha(text = 'AB3D'): Promise<{ image_code: string; uuid: string }> {
      const uuid = randomUUID()
      await redis.set(`img_${uuid}`, text, 'EX', 300)
      return { image_code: text, uuid }
    },

    waiting: (): Promise<Job<SendJob>[]> => jobs.getJobs(['waiting', 'prioritized']),

    /** Opens the code of a request with the keys that a worker has. */
    async codeOf(rid: string, scene = 'default'): Promise<string> {
      const sealed = await redis.hget(keys.code(phoneOf(rid), scene), 'sealed')
      return sealedMessage.open(keyring, rid, sealed ?? '')?.code ?? ''
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

    /** Ends the first send of a request as a worker does when a gateway has accepted its message. */
    async accept(rid: string): Promise<void> {
      const send = { rid, scene: 'default', n: 1 }
      const claim = await deps.ledger.claim(send, 'ccp', { fence: 0, leaseMs: 5_000 })
      if (claim.kind !== 'go') throw new Error(`the claim is ${claim.kind}`)
      await deps.ledger.settle(send, claim.fence, { status: 'sent', gateway: 'ccp' })
      if (claim.grouped !== null) deps.guardCounts.countSent(claim.grouped)
      await deps.guardCounts.flush()
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
      await Promise.all([jobs, ...queues].map((one) => one.close()))
      producer.disconnect()
      redis.disconnect()
      await server.stop()
    },
  }
}
export type Answer = { status: number; body: Record<string, unknown> }
export type Api = Awaited<ReturnType<typeof startApi>>

/** Return a number and an address that no other test uses. */
let next = 0
export const aMobile = () => `139${String(10_000_000 + ++next)}`
export const anAddress = () => `10.${(++next >> 16) & 255}.${(next >> 8) & 255}.${next & 255}`
