import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { GROUPS } from '@sms-codes/core/limits/guard-counts'
import type { Counters } from '@sms-codes/core/limits/counters'
import type { Window } from '@sms-codes/core/limits/windows'
import { keys } from '@sms-codes/core/redis/keys'
import { MODES } from './abuse/pumping-guard.ts'

/**
 * The metrics of the API. Labels are route patterns, RETCODEs and other bounded sets, and never hold a value of a
 * caller. Series that an alert rule watches begin at 0, because Prometheus sees no increase in a series that begins
 * at 1.
 */
export function createApiMetrics(registry: Registry) {
  const registers = [registry]
  const counter = <Label extends string>(name: string, labelNames: Label[], help: string) =>
    new Counter({ name, help, labelNames, registers })

  const guardFindings = counter(
    'sms_guard_findings_total',
    ['group', 'mode'],
    'Findings of the pumping guard',
  )
  for (const group of GROUPS) for (const mode of MODES) guardFindings.inc({ group, mode }, 0)
  return {
    answers: counter('sms_http_answers_total', ['method', 'route', 'code'], 'HTTP answers of the API'),
    storeErrors: counter('sms_store_errors_total', [], 'Requests answered 503 because Redis failed'),
    missingKeys: counter(
      'sms_missing_keys_total',
      [],
      'Requests answered 503 because this process lacks a code key that another process has used',
    ),
    refusals: counter('sms_refused_by_limit_total', ['limit'], 'Requests refused by a full limit'),
    guardFindings,
    listDecisions: counter('sms_list_decisions_total', ['list', 'by'], 'Sends decided by a list'),
    captchas: counter(
      'sms_captchas_total',
      ['kind', 'event'],
      'Image codes, proofs of work and tokens of a captcha service',
    ),
    backEndSends: counter(
      'sms_back_end_requests_accepted_total',
      ['back_end'],
      'Accepted requests by API key',
    ),
    accepted: counter('sms_requests_accepted_total', ['scene'], 'Accepted requests for a code'),
    verifies: counter('sms_verifies_total', ['scene', 'result'], 'Guessed codes'),
    codesUsed: counter('sms_codes_used_total', ['scene', 'gateway'], 'Verified codes by their last gateway'),
    deliveryReceipts: counter(
      'sms_receipts_total',
      ['gateway', 'state', 'came'],
      'Delivery receipts by gateway, reported state, and effect on the send',
    ),
    deliverySeconds: new Histogram({
      name: 'sms_receipt_seconds',
      help: 'Seconds from the acceptance of a message by the gateway to its delivery receipt',
      labelNames: ['gateway'],
      buckets: [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300],
      registers,
    }),
  }
}
export type ApiMetrics = ReturnType<typeof createApiMetrics>

/**
 * Reports at each scrape how many messages the budget still allows. While Redis does not answer, the metric has no
 * series and the rest of the scrape succeeds.
 */
export function reportBudget(registry: Registry, counters: Counters, budget: readonly Window[]): void {
  const left = new Gauge({
    name: 'sms_budget_left',
    help: 'Messages that the budget still allows, by the length of the window in seconds',
    labelNames: ['window'],
    registers: [registry],
    collect: async () => {
      left.reset()
      const room = await counters.room({ key: keys.budget, windows: budget }).catch(() => [])
      for (const window of room) left.set({ window: String(window.seconds) }, window.left)
    },
  })
}
