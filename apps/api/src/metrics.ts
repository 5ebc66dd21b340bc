import { Counter, Histogram, type Registry } from 'prom-client'
import { GROUPS, MODES } from './abuse/pumping-guard.ts'

/**
 * The metrics of the API. Labels are route patterns, RETCODEs and other bounded sets, and never hold a value of a
 * caller. Series that an alert rule watches begin at 0, because Prometheus sees no increase in a series that begins
 * at 1.
 */
export function createApiMetrics(registry: Registry) {
  const counter = <Label extends string>(name: string, labelNames: Label[], help: string) =>
    new Counter({ name, help, labelNames, registers: [registry] })

  const answers = counter('sms_http_answers_total', ['method', 'route', 'code'], 'HTTP answers of the API')
  const storeErrors = counter('sms_store_errors_total', [], 'Requests answered 503 because Redis failed')
  const refusals = counter('sms_refused_by_limit_total', ['limit'], 'Requests refused by a full limit')
  const findings = counter('sms_guard_findings_total', ['group', 'mode'], 'Findings of the pumping guard')
  for (const group of GROUPS) for (const mode of MODES) findings.inc({ group, mode }, 0)
  const listDecisions = counter('sms_list_decisions_total', ['list', 'by'], 'Sends decided by a list')
  const deliveryReceipts = counter(
    'sms_receipts_total',
    ['gateway', 'state', 'came'],
    'Delivery receipts by gateway, reported state, and effect on the send',
  )
  const deliverySeconds = new Histogram({
    name: 'sms_receipt_seconds',
    help: 'Seconds from the acceptance of a message by the gateway to its delivery receipt',
    labelNames: ['gateway'],
    buckets: [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300],
    registers: [registry],
  })
  const captchas = counter('sms_captchas_total', ['kind', 'event'], 'Image codes and proofs of work')
  const accepted = counter('sms_requests_accepted_total', ['scene'], 'Accepted requests for a code')
  const verifies = counter('sms_verifies_total', ['scene', 'result'], 'Guessed codes')
  const used = counter('sms_codes_used_total', ['scene', 'gateway'], 'Verified codes by their last gateway')
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
