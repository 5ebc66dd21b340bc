import type { Registry } from 'prom-client'
import { createContacts } from '@sms-codes/core/codes/contacts'
import { createDeliveryReceipts } from '@sms-codes/core/queues/delivery-receipts'
import { createEventQueue, withEvents } from '@sms-codes/core/queues/events'
import { createKeyring } from '@sms-codes/core/keyring'
import { createLimits } from '@sms-codes/core/limits/limits'
import type { Logger } from '@sms-codes/core/logger'
import { createSendQueue, EMAIL_QUEUE, SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { createQuotas } from './gateways/quotas.ts'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { createSendLedger } from '@sms-codes/core/codes/send-ledger'
import type { Tracing } from '@sms-codes/core/process/tracing'
import type { Transport } from '@sms-codes/gateways/transport'
import { withQuota } from './gateways/with-limits.ts'
import type { WorkerConfig } from './config/config.ts'
import { createConsumer } from './consumer.ts'
import { deliver } from './delivery/deliver.ts'
import { createEventPoster } from './events/event-poster.ts'
import { createEmailFallback } from './delivery/email-fallback.ts'
import { createReceiptFollowUp } from './delivery/receipt-follow-up.ts'
import { listGateways } from './gateways/list-gateways.ts'
import { createEmailGateway, EMAIL_GATEWAY, EMAIL_QUOTA } from './email/email-gateway.ts'
import { createSmtpClient } from './email/smtp-client.ts'
import { createWorkerMetrics } from './worker-metrics.ts'
import { createOrder } from './gateways/order.ts'
import { withTrace } from './gateways/with-trace.ts'

export type ComposeOptions = {
  config: WorkerConfig
  log: Logger
  redis: RedisClient
  producer: RedisClient
  connection: RedisClient
  transport: Transport
  registry: Registry
  tracing: Tracing | null
}

/** More than the timeouts of smtp-client.ts together, to leave room for the TLS handshake. */
const MAIL_DEADLINE_MS = 12_000
const MAILS_AT_ONCE = 10

/** The composition root: makes every part of a worker from its configuration and connections. */
export function composeWorker(options: ComposeOptions) {
  const { config, log, redis, producer, connection, transport, registry, tracing } = options
  const metrics = createWorkerMetrics(registry, {
    sms: config.gateways.map(({ name }) => name),
    email: config.queues.includes(EMAIL_QUEUE) && config.mail !== null ? [EMAIL_GATEWAY] : [],
  })
  const keyring = createKeyring(config.keyring)
  const events = config.events === null ? null : createEventQueue(producer, log, tracing)
  const bare = createSendLedger(redis, keyring)
  const ledger = events === null ? bare : withEvents(bare, events)
  const limits = createLimits(redis)
  const quotas = createQuotas(redis)
  const contacts = createContacts(redis, keyring)
  const mails = createSendQueue(producer, log, EMAIL_QUEUE, tracing)
  const { rules } = config
  const fallback = createEmailFallback({ rules, contacts, ledger, mails, afterMs: config.fallbackAfterMs })
  const deliveryReceipts = createDeliveryReceipts(redis, keyring)
  const followUp = config.expectsReceipts
    ? createReceiptFollowUp({ deliveryReceipts, ledger, rules, mails })
    : null
  const shared = { ledger, metrics, log, connection, tracing }

  function smsConsumer() {
    const gateways = listGateways(config, {
      transport,
      limits,
      quotas,
      keyring,
      metrics,
      log,
      tracing,
    })
    const deps = {
      ...shared,
      channel: 'sms' as const,
      order: createOrder(gateways, config.order),
      webOtpDomain: config.webOtpDomain,
      leaseMs: config.gatewayDeadlineMs + 1_500,
      fallback: config.fallsBack ? fallback : null,
      followUp,
    }
    return createConsumer({
      ...shared,
      queue: SMS_QUEUE,
      channel: 'sms',
      concurrency: config.concurrency,
      deliver: (job, signal) => deliver(job, deps, signal),
    })
  }

  function emailConsumer({ url, from, requireTls }: NonNullable<WorkerConfig['mail']>) {
    const mail = createEmailGateway({
      contacts,
      transporter: createSmtpClient({ url, requireTls }),
      from,
      deadlineMs: MAIL_DEADLINE_MS,
    })
    const gateways = [withQuota(withTrace(mail, tracing), EMAIL_QUOTA, { quotas, keyring })]
    const deps = {
      ...shared,
      channel: 'email' as const,
      order: () => gateways,
      leaseMs: MAIL_DEADLINE_MS + 1_500,
      fallback: null,
      followUp: null,
    }
    return createConsumer({
      ...shared,
      queue: EMAIL_QUEUE,
      channel: 'email',
      concurrency: MAILS_AT_ONCE,
      deliver: (job, signal) => deliver(job, deps, signal),
      check: (job) => fallback.checkReceipt(job),
    })
  }

  const consumers = config.queues.flatMap((queue) => {
    if (queue === SMS_QUEUE) return [smsConsumer()]
    if (queue === EMAIL_QUEUE) return config.mail === null ? [] : [emailConsumer(config.mail)]
    return config.events === null
      ? []
      : [createEventPoster({ ...config.events, connection, transport, log, tracing })]
  })
  return { consumers, producers: events === null ? [mails] : [mails, events] }
}
