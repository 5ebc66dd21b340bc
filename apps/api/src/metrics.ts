import { Counter, Histogram, type Registry } from 'prom-client'
import { GROUPS, MODES } from './abuse/pumping-guard.ts'

/**
 * The metrics of the API. Labels are route patterns, RETCODEs and other bounded sets, and never hold a value of a
 * caller. Series that an alert rule watches begin at 0, because Prometheus sees no increase in a series that begins
 * at 1.
 */
export function createApiMetrics(registry: Registry) {
  const answers = new Counter({
    name: 'sms_http_answers_total',
    help: 'HTTP answers by method, route and RETCODE',
    labelNames: ['method', 'route', 'code'],
    registers: [registry],
  })
  const storeErrors = new Counter({
    name: 'sms_store_errors_total',
    help: 'Requests answered with 503 because Redis did not answer or refused writes',
    registers: [registry],
  })
  const refusals = new Counter({
    name: 'sms_refused_by_limit_total',
    help: 'Requests refused because a limit was reached, by limit',
    labelNames: ['limit'],
    registers: [registry],
  })
  const findings = new Counter({
    name: 'sms_guard_findings_total',
    help: 'Findings of the pumping guard: too few codes of a group were verified',
    labelNames: ['group', 'mode'],
    registers: [registry],
  })
  for (const group of GROUPS) for (const mode of MODES) findings.inc({ group, mode }, 0)
  const listDecisions = new Counter({
    name: 'sms_list_decisions_total',
    help: 'Sends that the allow list let through or the deny list refused, by list and kind of entry',
    labelNames: ['list', 'by'],
    registers: [registry],
  })
  const deliveryReceipts = new Counter({
    name: 'sms_receipts_total',
    help: 'Delivery receipts by gateway, reported state, and effect on the send',
    labelNames: ['gateway', 'state', 'came'],
    registers: [registry],
  })
  const deliverySeconds = new Histogram({
    name: 'sms_receipt_seconds',
    help: 'Seconds from the acceptance of a message by the gateway to its delivery receipt',
    labelNames: ['gateway'],
    buckets: [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300],
    registers: [registry],
  })
  const captchas = new Counter({
    name: 'sms_captchas_total',
    help: 'Image codes and proofs of work by event: issued, passed or failed',
    labelNames: ['kind', 'event'],
    registers: [registry],
  })
  const accepted = new Counter({
    name: 'sms_requests_accepted_total',
    help: 'Requests for a code that were accepted, by scene',
    labelNames: ['scene'],
    registers: [registry],
  })
  const verifies = new Counter({
    name: 'sms_verifies_total',
    help: 'Guessed codes by scene and result',
    labelNames: ['scene', 'result'],
    registers: [registry],
  })
  const used = new Counter({
    name: 'sms_codes_used_total',
    help: 'Verified codes by scene and by the gateway that was called last for the code',
    labelNames: ['scene', 'gateway'],
    registers: [registry],
  })
  return {
    codeUsed: (scene: string, gateway: string) => used.inc({ scene, gateway }),
    deliveryReceipt: (gateway: string, state: string, came: string) =>
      deliveryReceipts.inc({ gateway, state, came }),
    deliveredAfter: (gateway: string, seconds: number) => deliverySeconds.observe({ gateway }, seconds),
    decidedByList: (list: string, by: string) => listDecisions.inc({ list, by }),
    captcha: (kind: 'picture' | 'proof', event: 'issued' | 'passed' | 'failed') =>
      captchas.inc({ kind, event }),
    accepted: (scene: string) => accepted.inc({ scene }),
    verified: (scene: string, result: 'ok' | 'no' | 'throttled') => verifies.inc({ scene, result }),
    foundByGuard: (group: string, mode: string) => findings.inc({ group, mode }),
    storeFailed: () => storeErrors.inc(),
    refusedByLimit: (limit: string) => refusals.inc({ limit }),
    answered: (method: string, route: string, code: string) => answers.inc({ method, route, code }),
  }
}
export type ApiMetrics = ReturnType<typeof createApiMetrics>
