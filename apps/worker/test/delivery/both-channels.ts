import { once } from 'node:events'
import { Queue } from 'bullmq'
import { createContacts } from '@sms-codes/core/codes/contacts'
import type { Send } from '@sms-codes/core/codes/send'
import { fallbackRules } from '@sms-codes/core/config/scenes'
import { createDeliveryReceipts } from '@sms-codes/core/queues/delivery-receipts'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { createSendQueue, EMAIL_QUEUE, SMS_QUEUE, type SendJob } from '@sms-codes/core/queues/send-queue'
import { connectRedis } from '@sms-codes/core/redis/connect'
import type { SmsGateway } from '@sms-codes/gateways/gateway'
import type { DeliverDeps } from '../../src/delivery/deliver.ts'
import { createEmailFallback, createReturnToSms } from '../../src/delivery/other-channel.ts'
import { createReceiptFollowUp } from '../../src/delivery/receipt-follow-up.ts'
import { fakeGateway, log, newMobile, sendOf, startDelivery } from '../worker.ts'

export const AFTER_MS = 8_000

/** Starts a store and both queues, and delivers sends over either channel without a consumer. */
export async function startBothChannels() {
  const delivery = await startDelivery()
  const contacts = createContacts(delivery.redis, delivery.keyring)
  const producer = connectRedis(delivery.server.url, 'producer', log)
  await once(producer, 'ready')
  const mails = createSendQueue(producer, log, EMAIL_QUEUE)
  const sends = createSendQueue(producer, log, SMS_QUEUE)
  const connection = { connection: producer, prefix: QUEUE_PREFIX }
  const queues = {
    email: new Queue<SendJob>(EMAIL_QUEUE, connection),
    sms: new Queue<SendJob>(SMS_QUEUE, connection),
  }
  const rules = fallbackRules([
    { name: 'default' },
    { name: 'login', mayFallBack: true, receiptWithinSeconds: 20 },
  ])
  const fallback = createEmailFallback({ rules, contacts, mails, afterMs: AFTER_MS })
  const receipts = createDeliveryReceipts(delivery.redis, delivery.keyring)
  const deps = { deliveryReceipts: receipts, ledger: delivery.ledger, rules, contacts, mails }
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
    followUp,
    receipts,
    withoutProducer,

    async issued({ scene = 'login', email = 'owner@example.com', budgetUnit = '' } = {}) {
      const mobile = newMobile()
      if (email !== '') await contacts.put(mobile, { email, verifiedAt: '2026-01-01T00:00:00.000Z' })
      const answer = await delivery.codes.issue(mobile, scene, { budgetUnit })
      return { mobile, send: sendOf(answer), code: await delivery.codeOf(answer) }
    },
    statusOf: async (rid: string) => delivery.codes.find(rid, ['default', 'login']),

    /** The waiting jobs of a queue as `<name> <id>`. */
    async jobsOf(queue: keyof typeof queues): Promise<string[]> {
      const jobs = await queues[queue].getJobs(['waiting', 'delayed'])
      return jobs.map(({ name, id }) => `${name} ${id}`)
    },
    delaysOf: async (queue: keyof typeof queues) =>
      (await queues[queue].getDelayed()).map(({ delay }) => delay),

    sms: (send: Send, gateways: SmsGateway[], more: Partial<DeliverDeps> = {}) =>
      delivery.deliver(send, gateways, { other: fallback, followUp, ...more }),
    email: (send: Send, mail = fakeGateway('email'), more: Partial<DeliverDeps> = {}) =>
      delivery.deliver(send, [mail], { channel: 'email', other: createReturnToSms(sends), ...more }),

    clear: async () => {
      await Promise.all(Object.values(queues).map((queue) => queue.obliterate({ force: true })))
    },
    async stop(): Promise<void> {
      await Promise.all([mails, sends, ...Object.values(queues)].map((queue) => queue.close()))
      producer.disconnect()
      await delivery.stop()
    },
  }
}
