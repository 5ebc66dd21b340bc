// The faults of the vendors. Faults of answers and faults of delivery receipts wait in separate lines, so one message
// can get one of each.
import type { FaultTarget } from '../control/fault-routes.ts'

const ANSWER_FAULTS = [
  'accept',
  'accept_hang',
  'accept_rst',
  'hang',
  'rst',
  'refuse',
  'down',
  'half_body',
  'html',
  'empty',
  'redirect',
  'http_429',
  'http_500',
  'http_502',
  'http_503',
  'slow_drip',
  'huge_body',
] as const

const RECEIPT_FAULTS = [
  'no_receipt',
  'undelivered',
  'receipt_twice',
  'receipt_late',
  'receipt_first',
  'receipt_forged',
] as const

export type AnswerFault =
  | { name: (typeof ANSWER_FAULTS)[number]; delayMs: number }
  | { name: 'vendor_code'; vendorCode: string; delayMs: number }

export type ReceiptFault = { name: (typeof RECEIPT_FAULTS)[number]; delayMs: number }

export type VendorFault = AnswerFault | ReceiptFault

export function isReceiptFault(fault: VendorFault): fault is ReceiptFault {
  return RECEIPT_FAULTS.some((name) => name === fault.name)
}

export function isAnswerFault(fault: VendorFault): fault is AnswerFault {
  return !isReceiptFault(fault)
}

/** Whether the fault is played before the request body is read. */
export function isBeforeBody(fault: AnswerFault): boolean {
  return fault.name === 'refuse' || fault.name === 'down'
}

/** An answer fault by its name, or null. */
export function answerFault(fault: string, delayMs: number): AnswerFault | null {
  const name = ANSWER_FAULTS.find((known) => known === fault)
  return name === undefined ? null : { name, delayMs }
}

export function faultTargetOf(vendor: {
  name: string
  isRefusalCode: (code: string) => boolean
}): FaultTarget<VendorFault> {
  const names = [...ANSWER_FAULTS, ...RECEIPT_FAULTS]
  return {
    gateway: vendor.name,
    faultNames: `a code that ${vendor.name} refuses with or one of ${names.join(', ')}`,
    readFault(fault, delayMs = 0) {
      const name = names.find((known) => known === fault)
      if (name !== undefined) return { name, delayMs }
      return vendor.isRefusalCode(fault) ? { name: 'vendor_code', vendorCode: fault, delayMs } : null
    },
  }
}
