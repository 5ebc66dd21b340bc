import { Queue } from 'bullmq'
import { createContacts } from '@sms-codes/core/codes/contacts'
import type { Send } from '@sms-codes/core/codes/send'
import { fallbackRules } from '@sms-codes/core/config/fallback-rules'
import { createDeliveryReceipts, readJob } from '@sms-codes/core/queues/delivery-receipts'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { createAcceptanceMark } from '@sms-codes/core/queues/queue-state'
import { createSendQueue, EMAIL_QUEUE, SMS_QUEUE, type SendJob } from '@sms-codes/core/queues/send-queue'
import { connectRedis } from '@sms-codes/core/redis/connect'
import { keys } from '@sms-codes/core/redis/keys'
import { untilReady } from '@sms-codes/core/test/until-ready'
import type { SmsGateway } from '@sms-codes/gateways/gateway'
import { createConsumer } from '../../src/consumer.ts'
import { deliver, type DeliverDeps } from '../../src/delivery/deliver.ts'
import { createEmailFallback, createReturnToSms } from '../../src/delivery/other-channel.ts'
import { checkOverdueReceipts, createReceiptFollowUp } from '../../src/delivery/receipt-follow-up.ts'
import type { SkippingGateway } from '../../src/gateways/skipping-gateway.ts'
import { fakeGateway, jobOf, log, messageOf, newMobile, sendOf, startDelivery } from '../worker.ts'

export const AFTER_MS = 8_000

/** Starts a store and both queues, and delivers sends over either channel without a consumer. */
export async function startBothChannels() {
  const delivery = await startDelivery()
  const contacts = createContacts(delivery.redis, delivery.keyring)
  // A connection of this kind waits longer for an answer, so that a busy test machine causes no refusals.
  const producer = connectRedis(delivery.server.url, 'operator', log)
  await untilReady(producer)
  const mails = createSendQueue(producer, log, EMAIL_QUEUE)
  const sends = createSendQueue(producer, log, SMS_QUEUE)
  const queueOptions = { connection: producer, prefix: QUEUE_PREFIX }
  const queues = {
    email: new Queue<SendJob>(EMAIL_QUEUE, queueOptions),
    sms: new Queue<SendJob>(SMS_QUEUE, queueOptions),
  }
  const rules = fallbackRules({ scenes: { default: {}, login: { fallback: true, receipt_within: 20 } } })
  const fallback = createEmailFallback({ rules, contacts, mails, afterMs: AFTER_MS })
  const receipts = createDeliveryReceipts(delivery.redis, delivery.keyring)
  const silent = new Set(['without-receipts'])
  const { ledger, traffic } = delivery
  const deps = { deliveryReceipts: receipts, ledger, rules, contacts, mails, silent, traffic }
  const followUp = createReceiptFollowUp(deps)

  /** The parts of a worker whose connection for adding jobs is down. */
  function withoutProducer() {
    const closed = connectRedis(delivery.server.url, 'producer', log)
    closed.disconnect()
    const down = createSendQueue(closed, log, EMAIL_QUEUE)
    return {
      fallback: createEmailFallback({ rules, contacts, mails: down, afterMs: AFTER_MS }),
      followUp: createReceiptFollowUp({ ...deps, mails: down }),
    }
  }

  return {
    delivery,
    contacts,
    followUp,
    receipts,
    withoutProducer,

    async issued({ scene = 'login', email = 'owner@example.com', budgetUnit = 0 } = {}) {
      const mobile = newMobile()
      if (email !== '') await contacts.put(mobile, { email, verifiedAt: '2026-01-01T00:00:00.000Z' })
      const answer = await delivery.codes.issue(mobile, scene, { budgetUnit })
      return { mobile, send: sendOf(answer), code: await delivery.codeOf(answer) }
    },
    /** Moves a new send to e-mail as after an outage of SMS, and adds its job. */
    async mailed() {
      const { send, ...more } = await this.issued()
      const claim = await delivery.ledger.claim(send, 'first', { fence: 0, leaseMs: 1_000 })
      if (claim.kind !== 'go') throw new Error(`no claim but ${claim.kind}`)
      const move = { status: 'moved', reason: 'no_gateway', mayReturn: true } as const
      await delivery.ledger.settle(send, claim.fence, move)
      await mails.add(jobOf(send), 1)
      return { send, ...more }
    },
    statusOf: async (rid: string) => delivery.codes.find(rid, ['default', 'login']),

    /** The waiting jobs of a queue as `<name> <id>`. */
    async jobsOf(queue: keyof typeof queues): Promise<string[]> {
      const jobs = await queues[queue].getJobs(['waiting', 'delayed'])
      return jobs.map(({ name, id }) => `${name} ${id}`)
    },
    /** The request ids of the sends that wait for their delivery receipt. */
    waits: async () =>
      (await delivery.redis.zrange(keys.awaitedReceipts, 0, '-1')).map((entry) => readJob(entry)?.rid),
    delaysOf: async (queue: keyof typeof queues) =>
      (await queues[queue].getDelayed()).map(({ delay }) => delay),

    sms: (send: Send, gateways: SkippingGateway[], more: Partial<DeliverDeps> = {}) =>
      delivery.deliver(send, gateways, { other: fallback, followUp, ...more }),
    email: (send: Send, mail = fakeGateway('email'), more: Partial<DeliverDeps> = {}) =>
      delivery.deliver(send, [mail], { channel: 'email', other: createReturnToSms(sends), ...more }),

    /** Starts a consumer of the queue `email` as compose.ts creates it. */
    async startMailConsumer(gateway: SmsGateway) {
      const connection = connectRedis(delivery.server.url, 'worker', log)
      const { metrics } = delivery
      const other = createReturnToSms(sends)
      const settling = { channel: 'email' as const, ledger, metrics, traffic, other, followUp: null }
      const own = { ...settling, log, messageOf, leaseMs: 20_000 }
      const consumer = createConsumer({
        ...own,
        queue: EMAIL_QUEUE,
        connection,
        concurrency: 10,
        deliver: (job, signal) => deliver(job, { ...own, order: () => [gateway] }, signal),
        mark: createAcceptanceMark(delivery.redis, EMAIL_QUEUE),
      })
      checkOverdueReceipts(consumer, followUp, log)
      await consumer.waitUntilReady()
      return {
        consumer,
        stop: async () => {
          await consumer.close()
          connection.disconnect()
        },
      }
    },

    clear: async () => {
      await Promise.all(Object.values(queues).map((queue) => queue.obliterate({ force: true })))
      await delivery.redis.del(keys.awaitedReceipts)
    },
    async stop(): Promise<void> {
      await Promise.all([mails, sends, ...Object.values(queues)].map((queue) => queue.close()))
      producer.disconnect()
      await delivery.stop()
    },
  }
}
