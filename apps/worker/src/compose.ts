import type { Worker } from 'bullmq'
import type { Registry } from 'prom-client'
import { createContacts } from '@sms-codes/core/codes/contacts'
import { createSendLedger } from '@sms-codes/core/codes/send-ledger'
import { createFailureList } from '@sms-codes/core/history/failures'
import { createKeyring } from '@sms-codes/core/keyring'
import { createTraffic } from '@sms-codes/core/history/traffic'
import { createGuardCounts } from '@sms-codes/core/limits/guard-counts'
import { createLimits } from '@sms-codes/core/limits/limits'
import type { Logger } from '@sms-codes/core/logger'
import type { Tracing } from '@sms-codes/core/process/tracing'
import { createDeliveryReceipts } from '@sms-codes/core/queues/delivery-receipts'
import { createEventCount } from '@sms-codes/core/queues/event-metrics'
import { createEventQueue, EVENTS_QUEUE } from '@sms-codes/core/queues/events'
import { createAcceptanceMark } from '@sms-codes/core/queues/queue-state'
import { createSendQueue, EMAIL_QUEUE, SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { createSmsQueue } from '@sms-codes/core/queues/shards'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import type { Transport } from '@sms-codes/gateways/transport'
import type { WorkerConfig } from './config/config.ts'
import { createConsumer, type ConsumerOptions } from './consumer.ts'
import { deliver, type DeliverDeps } from './delivery/deliver.ts'
import { createEmailFallback, createReturnToSms } from './delivery/other-channel.ts'
import { createMessages } from './delivery/message.ts'
import { checkOverdueReceipts, createReceiptFollowUp } from './delivery/receipt-follow-up.ts'
import { createEmailGateway, EMAIL_GATEWAY, EMAIL_QUOTA } from './email/email-gateway.ts'
import { createSmtpClient } from './email/smtp-client.ts'
import { createEventPoster } from './events/event-poster.ts'
import { listGateways } from './gateways/list-gateways.ts'
import type { Switches } from './gateways/operator-switch.ts'
import { createOrder } from './gateways/order.ts'
import { withBreaker } from './gateways/with-breaker.ts'
import { withTrace } from './gateways/with-trace.ts'
import { pauseWhileRedisUnfit } from './pause-while-redis-unfit.ts'
import { serveShards } from './serve-shards.ts'
import { createWorkerMetrics } from './worker-metrics.ts'

type ComposeOptions = {
  config: WorkerConfig
  log: Logger
  redis: RedisClient
  producer: RedisClient
  connection: RedisClient
  transport: Transport
  registry: Registry
  tracing: Tracing | null
  switches: Switches
}

/** The deadline of a whole mail. Each timeout in smtp-client.ts limits one step of sending the mail. */
const MAIL_DEADLINE_MS = 12_000
const MAILS_AT_ONCE = 10
/** A claim (the right to one gateway call) outlasts the deadline of the call by this, so a live worker keeps it. */
const LEASE_MARGIN_MS = 1_500

type ConsumerParts = DeliverDeps & Pick<ConsumerOptions, 'connection' | 'tracing'>
/** Makes the consumer that delivers the jobs of a queue. */
const consumerOf = (parts: ConsumerParts, options: Pick<ConsumerOptions, 'queue' | 'concurrency' | 'mark'>) =>
  createConsumer({ ...parts, ...options, deliver: (job, signal) => deliver(job, parts, signal) })

/** Makes every part of a worker from the worker's configuration and connections. */
export function composeWorker(options: ComposeOptions) {
  const { config, log, redis, producer, connection, transport, registry, tracing, switches } = options
  const called = {
    sms: config.gateways.map(({ name }) => name),
    email: config.queues.includes(EMAIL_QUEUE) && config.mail !== null ? [EMAIL_GATEWAY] : [],
  }
  const metrics = createWorkerMetrics(registry, called, config.shards)
  const keyring = createKeyring(config.keyring)
  const countEvent = config.events && createEventCount(registry)
  const events = countEvent && createEventQueue(producer, log, tracing, () => countEvent('lost'))
  const listFailure = createFailureList(redis, config.historySeconds, log)
  const ledger = createSendLedger(redis, keyring, events?.tell, listFailure)
  const contacts = createContacts(redis, keyring)
  const mails = createSendQueue(producer, log, EMAIL_QUEUE, tracing)
  const sends = createSmsQueue(producer, log, config.shards, tracing)
  const { rules } = config
  const deliveryReceipts = createDeliveryReceipts(redis, keyring)
  const silent = new Set(config.gateways.flatMap(({ name, hasReceipts }) => (hasReceipts ? [] : [name])))
  const traffic = createTraffic(redis, log)
  const followUp = createReceiptFollowUp({
    deliveryReceipts,
    ledger,
    rules,
    contacts,
    mails,
    silent,
    traffic,
  })
  const guardCounts = createGuardCounts(redis, config.guardWindows, log)
  const shared = { ledger, metrics, traffic, log, connection, tracing }

  function guard(consumer: Worker<unknown>): Worker<unknown> {
    pauseWhileRedisUnfit(consumer, redis, config.keyring, log)
    return consumer
  }

  function consumeSms() {
    const limits = createLimits(redis)
    const gateways = listGateways(config.gateways, { transport, limits, metrics, log, tracing, switches })
    const deps = {
      channel: 'sms' as const,
      ...shared,
      order: createOrder(gateways, config.routes),
      messageOf: createMessages(config.policy, config.policy.web_otp_domain),
      leaseMs: config.gatewayDeadlineMs + LEASE_MARGIN_MS,
      other: config.fallsBack
        ? createEmailFallback({ rules, contacts, mails, afterMs: config.fallbackAfterMs })
        : null,
      followUp: config.expectsReceipts ? followUp : null,
      guardCounts,
    }
    const mark = createAcceptanceMark(redis, SMS_QUEUE)
    const { shards, concurrency } = config
    const open = (queue: string) => guard(consumerOf(deps, { queue, concurrency, mark }))
    return serveShards({ redis, shards, concurrency, open, log })
  }

  function emailConsumer({ url, from, requireTls }: NonNullable<WorkerConfig['mail']>) {
    const transporter = createSmtpClient({ url, requireTls })
    const mail = createEmailGateway({ contacts, transporter, from, deadlineMs: MAIL_DEADLINE_MS })
    // While the mail server is down, the breaker keeps its timeouts from taking the time of sends that SMS may deliver.
    const guarded = withBreaker(withTrace(mail, tracing), { metrics, log })
    const gateways = [{ ...guarded, quota: EMAIL_QUOTA }]
    const deps = {
      channel: 'email' as const,
      ...shared,
      order: () => gateways,
      messageOf: createMessages(config.policy),
      leaseMs: MAIL_DEADLINE_MS + LEASE_MARGIN_MS,
      other: createReturnToSms(sends),
      followUp: null,
    }
    const mark = createAcceptanceMark(redis, EMAIL_QUEUE)
    const consumer = consumerOf(deps, { queue: EMAIL_QUEUE, concurrency: MAILS_AT_ONCE, mark })
    checkOverdueReceipts(consumer, followUp, log)
    return consumer
  }

  const sms = config.queues.includes(SMS_QUEUE) ? consumeSms() : null
  const others = config.queues.flatMap((queue) => {
    if (queue === EMAIL_QUEUE) return config.mail === null ? [] : guard(emailConsumer(config.mail))
    if (queue !== EVENTS_QUEUE || config.events === null || countEvent === null) return []
    const poster = { ...config.events, connection, transport, metrics, countEvent, log, tracing }
    return guard(createEventPoster(poster))
  })
  return {
    /** The consumers at this moment. */
    consumers: () => [...(sms?.consumers() ?? []), ...others],
    /** From now on, no further consumer begins. */
    stop: () => sms?.stop(),
    guardCounts,
    traffic,
    producers: [mails, sends, ...(events === null ? [] : [events])],
  }
}
