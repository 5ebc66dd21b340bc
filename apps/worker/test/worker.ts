import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { Registry } from 'prom-client'
import { createTraffic } from '@sms-codes/core/history/traffic'
import { createLogger } from '@sms-codes/core/logger'
import { createAcceptanceMark } from '@sms-codes/core/queues/queue-state'
import { createSendQueue, SMS_QUEUE, type SendJob } from '@sms-codes/core/queues/send-queue'
import { connectRedis } from '@sms-codes/core/redis/connect'
import type { Send } from '@sms-codes/core/codes/send'
import type { Outcome, OutcomeClass, SmsGateway, SmsMessage } from '@sms-codes/gateways/gateway'
import { loadPolicy } from '@sms-codes/core/test/policy-file'
import { startStore } from '@sms-codes/core/test/store'
import { untilReady } from '@sms-codes/core/test/until-ready'
import { message as gatewayMessage } from '@sms-codes/gateways/test/message'
import { createConsumer, type ConsumerOptions } from '../src/consumer.ts'
import { deliver, type DeliverDeps } from '../src/delivery/deliver.ts'
import { createMessages } from '../src/delivery/message.ts'
import type { SkippingGateway, SkipReason } from '../src/gateways/skipping-gateway.ts'
import { createWorkerMetrics } from '../src/worker-metrics.ts'

export { newMobile, sendOf } from '@sms-codes/core/test/store'

export const LEASE_MS = 1_000
export const messageOf = createMessages(loadPolicy({}))

let ids = 0
export const messageTo = (mobile: string, id = `m${++ids}`): SmsMessage => ({ ...gatewayMessage, id, mobile })
export const log = createLogger('worker', 'silent')

const Line = Type.Object({
  level: Type.String(),
  msg: Type.String(),
  by: Type.Optional(Type.String()),
  channel: Type.Optional(Type.String()),
})
/** A log whose lines a test can read. */
export function readableLog() {
  const lines: Static<typeof Line>[] = []
  const write = (line: string) => void lines.push(Value.Parse(Line, JSON.parse(line)))
  return { log: createLogger('worker', 'info', { write }), lines }
}

/** A gateway in memory: it gives the answers of its script and then `accepted`, and keeps every message. */
export function fakeGateway(name: string, script: (OutcomeClass | Outcome)[] = [], recognises = false) {
  const messages: SmsMessage[] = []
  const gateway: SmsGateway = {
    name,
    recognises: () => recognises,
    send: async (message) => {
      messages.push(message)
      const next = script.shift() ?? 'accepted'
      return typeof next === 'string' ? { class: next, code: `${name}-${next}` } : next
    },
  }
  return { ...gateway, messages, script }
}

/** A gateway whose calls are skipped for these reasons, one after the other. Then it accepts messages. */
export function skippedGateway(name: string, reasons: SkipReason[]) {
  const { messages, ...gateway } = fakeGateway(name)
  const skipping: SkippingGateway = {
    ...gateway,
    send: async (message, signal) => {
      const code = reasons.shift()
      return code === undefined ? gateway.send(message, signal) : { class: 'skipped', code }
    },
  }
  return { ...skipping, messages }
}

export const jobOf = (send: Send): SendJob => ({ v: 1, ...send, to: '138****8000', segment: '138' })

/** Starts a store, and delivers its sends without a queue; `startQueue` adds the queue. */
export async function startDelivery() {
  const store = await startStore()
  const registry = new Registry()
  const metrics = createWorkerMetrics(registry, { sms: [], email: [] })
  const traffic = createTraffic(store.redis, log)
  const deps: Omit<DeliverDeps, 'order'> = {
    channel: 'sms',
    ledger: store.ledger,
    metrics,
    traffic,
    log,
    messageOf,
    leaseMs: LEASE_MS,
    other: null,
    followUp: null,
  }
  return {
    ...store,
    registry,
    metrics,
    traffic,
    deliver: (send: Send, gateways: SkippingGateway[], more: Partial<DeliverDeps> = {}) =>
      deliver(jobOf(send), { ...deps, order: () => gateways, ...more }, AbortSignal.timeout(60_000)),

    /** Starts a consumer as compose.ts creates it, and opens the producer's side of its queue. */
    async startQueue(gateways: SkippingGateway[], more: Partial<ConsumerOptions & DeliverDeps> = {}) {
      const connection = connectRedis(store.server.url, 'worker', log)
      // A connection of this kind waits longer for an answer, so that a busy test machine causes no refusals.
      const producer = connectRedis(store.server.url, 'operator', log)
      await untilReady(producer)
      const queue = createSendQueue(producer, log)
      const consumer = createConsumer({
        queue: SMS_QUEUE,
        channel: 'sms',
        connection,
        concurrency: 10,
        deliver: (job, signal) => deliver(job, { ...deps, order: () => gateways, ...more }, signal),
        mark: createAcceptanceMark(store.redis, SMS_QUEUE),
        ledger: store.ledger,
        metrics,
        traffic,
        log,
        ...more,
      })
      await consumer.waitUntilReady()
      return {
        queue,
        consumer,
        producer,
        stop: async () => {
          await Promise.all([consumer.close(), queue.close()])
          connection.disconnect()
          producer.disconnect()
        },
      }
    },
  }
}
