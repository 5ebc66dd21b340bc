import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Channel } from '@sms-codes/core/codes/send'
import { FAIL_REASONS } from '@sms-codes/core/history/failures'
import { EVENTS_QUEUE } from '@sms-codes/core/queues/events'
import { EMAIL_QUEUE } from '@sms-codes/core/queues/send-queue'
import { smsQueues } from '@sms-codes/core/queues/shards'
import { outcomeClasses, type OutcomeClass } from '@sms-codes/gateways/gateway'
import { SKIP_REASONS, type SkipReason } from './gateways/skipping-gateway.ts'

/**
 * The metrics of a worker. Labels are gateways, outcome classes and reasons from our own tables. Every series that an
 * alert watches begins at 0, because Prometheus sees no increase in a series that begins at 1.
 * @param gateways the gateways that this worker may call, by channel
 */
export function createWorkerMetrics(
  registry: Registry,
  gateways: Record<Channel, readonly string[]>,
  shards = 1,
) {
  const registers = [registry]
  const calls = new Counter({
    name: 'sms_gateway_calls_total',
    help: 'Calls to a gateway by outcome class',
    labelNames: ['channel', 'gateway', 'class'],
    registers,
  })
  const skips = new Counter({
    name: 'sms_gateway_skips_total',
    help: 'Calls that were not made, because of the circuit breaker, a rate, a quota per number or an operator',
    labelNames: ['gateway', 'reason'],
    registers,
  })
  const callSeconds = new Histogram({
    name: 'sms_gateway_call_duration_seconds',
    help: 'Seconds of a call to a gateway, without skipped calls and look-ups',
    labelNames: ['gateway'],
    buckets: [0.1, 0.3, 1, 3, 10],
    registers,
  })
  const doubts = new Counter({
    name: 'sms_doubts_total',
    help: 'Calls to a gateway that may have taken the message: it gave no clear answer, or the worker died',
    labelNames: ['gateway'],
    registers,
  })
  const secondMessages = new Counter({
    name: 'sms_second_messages_total',
    help: 'Messages that may have left although an earlier one may have left too',
    registers,
  })
  const breakers = new Gauge({
    name: 'sms_breaker_open',
    help: '1 while the circuit breaker of the gateway is open',
    labelNames: ['gateway'],
    registers,
  })
  const ends = new Counter({
    name: 'sms_sends_ended_total',
    help: 'Sends that ended or moved to the other channel, by status and by gateway or reason',
    labelNames: ['status', 'by'],
    registers,
  })
  const wait = new Histogram({
    name: 'sms_send_seconds',
    help: 'Seconds from enqueued to accepted by a gateway',
    buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 120],
    registers,
  })
  const unreadable = new Counter({
    name: 'sms_jobs_unreadable_total',
    help: 'Jobs that failed because their data was unknown or not JSON',
    labelNames: ['queue'],
    registers,
  })
  for (const queue of [...smsQueues(shards), EMAIL_QUEUE, EVENTS_QUEUE]) unreadable.inc({ queue }, 0)
  const missingKeys = new Counter({
    name: 'sms_missing_keys_total',
    help: 'Requests answered 503, or jobs left to another worker, because this process lacks a code key',
    registers,
  })
  const known = [
    ...gateways.sms.map((gateway) => ({ channel: 'sms', gateway, status: 'sent' })),
    ...gateways.email.map((gateway) => ({ channel: 'email', gateway, status: 'fell_back' })),
  ]
  for (const { channel, gateway, status } of known) {
    for (const outcome of outcomeClasses) calls.inc({ channel, gateway, class: outcome }, 0)
    for (const reason of SKIP_REASONS) skips.inc({ gateway, reason: reason.toLowerCase() }, 0)
    ends.inc({ status, by: gateway }, 0)
    doubts.inc({ gateway }, 0)
    callSeconds.zero({ gateway })
  }
  ends.inc({ status: 'sent', by: 'used' }, 0)
  for (const by of FAIL_REASONS) ends.inc({ status: 'failed', by }, 0)
  return {
    called: (channel: Channel, gateway: string, outcome: OutcomeClass) =>
      calls.inc({ channel, gateway, class: outcome }),
    callTook: (gateway: string, seconds: number) => callSeconds.observe({ gateway }, seconds),
    doubted: (gateway: string) => doubts.inc({ gateway }),
    secondMessage: () => secondMessages.inc(),
    skipped: (gateway: string, reason: SkipReason) => skips.inc({ gateway, reason: reason.toLowerCase() }),
    breaker: (gateway: string, open: boolean) => breakers.set({ gateway }, open ? 1 : 0),
    keyMissing: () => missingKeys.inc(),
    ended: (status: 'sent' | 'fell_back' | 'failed' | 'moved', by: string) => ends.inc({ status, by }),
    unreadable: (queue: string) => unreadable.inc({ queue }),
    /** Records at least 0 although the clocks of hosts differ, because a sum that falls looks like a restart. */
    took: (seconds: number) => wait.observe(Math.max(0, seconds)),
  }
}
export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>
