// The faults of the mail server.
import type { FaultTarget } from '../control/fault-routes.ts'

const MAIL_FAULTS = [
  'accept',
  'accept_drop',
  'accept_hang',
  'refuse',
  'slow',
  'auth',
  'greylist',
  'bad_address',
  'policy',
] as const

// Longer than a mail client should wait for a greeting, yet short enough for a person who watches the demo page.
const SLOW_MS = 6_000

export type MailFaultName = (typeof MAIL_FAULTS)[number]

export type MailFault = { name: MailFaultName; delayMs: number }

export const MAIL_TARGET: FaultTarget<MailFault> = {
  gateway: 'mail',
  faultNames: `one of ${MAIL_FAULTS.join(', ')}`,
  readFault(fault, delayMs = fault === 'slow' ? SLOW_MS : 0) {
    const name = MAIL_FAULTS.find((known) => known === fault)
    return name === undefined ? null : { name, delayMs }
  },
}
