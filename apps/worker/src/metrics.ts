import { Counter, Histogram, type Registry } from 'prom-client'
import type { OutcomeClass } from '@sms-codes/gateways/gateway'

/** What a worker counts. Labels are gateways, outcome classes and reasons from our own tables. */
export function createWorkerMetrics(registry: Registry) {
  const registers = [registry]
  const calls = new Counter({
    name: 'sms_gateway_calls_total',
    help: 'Calls to a gateway by outcome class',
    labelNames: ['gateway', 'class'],
    registers,
  })
  const ends = new Counter({
    name: 'sms_sends_ended_total',
    help: 'Sends by terminal status, and by gateway or reason',
    labelNames: ['status', 'by'],
    registers,
  })
  const wait = new Histogram({
    name: 'sms_send_seconds',
    help: 'From enqueued to taken by a gateway',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120],
    registers,
  })
  return {
    called: (gateway: string, outcome: OutcomeClass) => calls.inc({ gateway, class: outcome }),
    ended: (status: 'sent' | 'failed', by: string) => ends.inc({ status, by }),
    took: (seconds: number) => wait.observe(seconds),
  }
}
export type WorkerMetrics = ReturnType<typeof createWorkerMetrics>
