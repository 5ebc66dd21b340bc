import { Counter, Histogram, type Registry } from 'prom-client'
import { GROUPS, MODES } from './abuse/pumping-guard.ts'

/**
 * What the API counts. Routes by their pattern, answers by RETCODE: both are bounded. What an alert waits for is
 * there from the start: a series that begins at 1 has not increased.
 */
export function createApiMetrics(registry: Registry) {
  const answers = new Counter({
    name: 'sms_http_answers_total',
    help: 'Answers of the API by route and RETCODE',
    labelNames: ['method', 'route', 'code'],
    registers: [registry],
  })
  const storeErrors = new Counter({
    name: 'sms_store_errors_total',
    help: 'Requests answered 503 because Redis did not answer or took no writes',
    registers: [registry],
  })
  const refusals = new Counter({
    name: 'sms_refused_by_limit_total',
    help: 'Requests refused, by the limit that was full',
    labelNames: ['limit'],
    registers: [registry],
  })
  const findings = new Counter({
    name: 'sms_guard_findings_total',
    help: 'Groups of sends found hot by the guard',
    labelNames: ['group', 'mode'],
    registers: [registry],
  })
  for (const group of GROUPS) for (const mode of MODES) findings.inc({ group, mode }, 0)
  const listed = new Counter({
    name: 'sms_list_decisions_total',
    help: 'Sends that were let in or refused by a list, and what kind of entry did it',
    labelNames: ['list', 'by'],
    registers: [registry],
  })
  const receipts = new Counter({
    name: 'sms_receipts_total',
    help: 'Delivery receipts by gateway, what they say, and what came of it',
    labelNames: ['gateway', 'state', 'came'],
    registers: [registry],
  })
  const receiptSeconds = new Histogram({
    name: 'sms_receipt_seconds',
    help: 'From taken by the gateway to its receipt that the handset has it',
    labelNames: ['gateway'],
    buckets: [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300],
    registers: [registry],
  })
  const captchas = new Counter({
    name: 'sms_captchas_total',
    help: 'Image codes and proofs of work handed out, and how they were answered',
    labelNames: ['kind', 'event'],
    registers: [registry],
  })
  const accepted = new Counter({
    name: 'sms_requests_accepted_total',
    help: 'Requests for a code that were enqueued, by scene',
    labelNames: ['scene'],
    registers: [registry],
  })
  const verifies = new Counter({
    name: 'sms_verifies_total',
    help: 'Codes tried, by scene and result',
    labelNames: ['scene', 'result'],
    registers: [registry],
  })
  const used = new Counter({
    name: 'sms_codes_used_total',
    help: 'Codes that were verified, by scene and the gateway of their last message',
    labelNames: ['scene', 'gateway'],
    registers: [registry],
  })
  return {
    codeUsed: (scene: string, gateway: string) => used.inc({ scene, gateway }),
    receipt: (gateway: string, state: string, came: string) => receipts.inc({ gateway, state, came }),
    deliveredAfter: (gateway: string, seconds: number) => receiptSeconds.observe({ gateway }, seconds),
    listed: (list: string, by: string) => listed.inc({ list, by }),
    captcha: (kind: 'picture' | 'proof', event: 'issued' | 'passed' | 'failed') =>
      captchas.inc({ kind, event }),
    accepted: (scene: string) => accepted.inc({ scene }),
    verified: (scene: string, result: 'ok' | 'no' | 'throttled') => verifies.inc({ scene, result }),
    guardFound: (group: string, mode: string) => findings.inc({ group, mode }),
    storeFailed: () => storeErrors.inc(),
    refusedBy: (limit: string) => refusals.inc({ limit }),
    answered: (method: string, route: string, code: string) => answers.inc({ method, route, code }),
  }
}
export type ApiMetrics = ReturnType<typeof createApiMetrics>
