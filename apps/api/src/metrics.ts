import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Counters } from '@sms-codes/core/limits/counters'
import type { Window } from '@sms-codes/core/limits/windows'
import { createHttpDuration } from '@sms-codes/core/process/http-metrics'
import { keys } from '@sms-codes/core/redis/keys'
import { RETCODE } from './http/answers.ts'

const CAPTCHA_EVENTS = { picture: 'issued', proof: 'issued', siteverify: 'unavailable' }
const VERIFY_RESULTS = ['ok', 'no', 'throttled']

/**
 * The metrics of the API. Labels are route patterns, RETCODEs and other bounded sets, and never hold a value of a
 * caller. Series that an alert rule watches begin at 0, because Prometheus sees no increase in a series that begins
 * at 1. The owner of each limit begins the series of `refusals`.
 * @param scenes the scenes of the policy
 */
export function createApiMetrics(registry: Registry, scenes: readonly string[]) {
  const registers = [registry]
  const counter = <Label extends string>(name: string, labelNames: Label[], help: string) =>
    new Counter({ name, help, labelNames, registers })

  const guardFindings = counter(
    'sms_guard_findings_total',
    ['group', 'mode'],
    'Findings of the pumping guard',
  )
  const answers = counter('sms_http_answers_total', ['code'], 'HTTP answers by RETCODE')
  for (const code of Object.values(RETCODE)) answers.inc({ code }, 0)
  const captchas = counter(
    'sms_captchas_total',
    ['kind', 'event'],
    'Image codes, proofs of work and tokens of a captcha service',
  )
  for (const [kind, first] of Object.entries(CAPTCHA_EVENTS))
    for (const event of [first, 'passed', 'failed']) captchas.inc({ kind, event }, 0)
  const accepted = counter('sms_requests_accepted_total', ['scene'], 'Accepted requests for a code')
  const verifies = counter('sms_verifies_total', ['scene', 'result'], 'Guessed codes')
  for (const scene of scenes) {
    accepted.inc({ scene }, 0)
    for (const result of VERIFY_RESULTS) verifies.inc({ scene, result }, 0)
  }
  return {
    answers,
    requestSeconds: createHttpDuration(registry),
    refusals: counter(
      'sms_refused_by_limit_total',
      ['limit'],
      'Requests refused by a full limit, a list, the guard, or because of the load',
    ),
    captchas,
    accepted,
    verifies,
    storeErrors: counter('sms_store_errors_total', [], 'Requests answered 503 because Redis failed'),
    missingKeys: counter(
      'sms_missing_keys_total',
      [],
      'Requests answered 503, or jobs left to another worker, because this process lacks a code key',
    ),
    guardFindings,
    listDecisions: counter(
      'sms_list_decisions_total',
      ['list', 'by'],
      'Sends decided by a list, by kind of entry',
    ),
    backEndSends: counter(
      'sms_back_end_requests_accepted_total',
      ['back_end'],
      'Accepted requests by API key',
    ),
    codesUsed: counter('sms_codes_used_total', ['gateway'], 'Verified codes by their last gateway'),
    deliveryReceipts: counter(
      'sms_receipts_total',
      ['gateway', 'state'],
      'Delivery receipts by reported state; parked if no send with its id is known yet',
    ),
    deliverySeconds: new Histogram({
      name: 'sms_receipt_seconds',
      help: 'Seconds from the acceptance of a message by the gateway to its delivery receipt',
      labelNames: ['gateway'],
      buckets: [3, 10, 30, 120],
      registers,
    }),
  }
}
export type ApiMetrics = ReturnType<typeof createApiMetrics>

/**
 * Reports the budget, and at each scrape how many messages it still allows. While Redis does not answer, the latter has
 * no series and the rest of the scrape succeeds.
 */
export function reportBudget(registry: Registry, counters: Counters, budget: readonly Window[]): void {
  const limit = new Gauge({
    name: 'sms_budget_limit',
    help: 'Messages that the budget allows, by the length of the window in seconds',
    labelNames: ['window'],
    registers: [registry],
  })
  for (const { seconds, most } of budget) limit.set({ window: String(seconds) }, most)
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
