// Owns the seam every SMS gateway is written to. A gateway answers each send with one Outcome and never
// throws for anything the vendor or the network does, so a worker decides on `class` alone.

export type SmsMessage = {
  /** [0-9a-z]{1,32}, the same over every retry of one message: a vendor that de-duplicates is keyed by it. */
  id: string
  mobile: string
  code: string
  /** Whole minutes that the code lives on, as the text of the message says it. */
  minutes: number
  /** The same in seconds and exact: later than that a vendor need not deliver it. */
  secondsLeft: number
  scene: string
  /** Only for gateways with free text: templates are registered word for word. */
  webOtpDomain?: string
}

/**
 * What a send came to, by what may be done next:
 * - `accepted`: the vendor has taken the message.
 * - `duplicate`: the vendor has had this id before, so a retry of ours has already been taken.
 * - `retry_same`: certainly not taken and soon over; the same gateway again, after a pause.
 * - `switch_now`: certainly not taken and this gateway cannot serve now; the next gateway at once.
 * - `ambiguous`: may have been taken; a blind resend elsewhere can put two messages on one handset.
 * - `number`: no gateway will ever reach this number.
 * - `number_limit`: the vendor has had enough of this number for now; another gateway would dodge the limit.
 * - `template`: this vendor refuses the template, the signature or the text; another has its own.
 * - `config`: our account, key, balance, clock or request is at fault; nobody is served here until it is mended.
 */
export const outcomeClasses = [
  'accepted',
  'duplicate',
  'retry_same',
  'switch_now',
  'ambiguous',
  'number',
  'number_limit',
  'template',
  'config',
] as const
export type OutcomeClass = (typeof outcomeClasses)[number]

export type Outcome = {
  class: OutcomeClass
  /** The vendor's code or the transport's. Never vendor prose, never the number or the code of the message. */
  code: string
  messageId?: string
  /** Only beside `retry_same`, when the vendor said how long to wait. The caller caps it. */
  retryAfterMs?: number
}

export type SmsGateway = {
  readonly name: string
  send(message: SmsMessage, signal: AbortSignal): Promise<Outcome>
}

/**
 * What a vendor says of a message whose send was `ambiguous`:
 * - `taken`: it has the message, whatever became of it.
 * - `refused`: it has a record of refusing it, so no handset will show it.
 * - `unknown`: no record of it (yet), or no readable answer. That proves nothing.
 */
export type Found = { found: 'taken'; messageId?: string } | { found: 'refused' } | { found: 'unknown' }

/**
 * Asks the vendor for a message by its number, its id where the vendor keeps one, and the time the send began.
 * Never throws. Vendors need some seconds before a message can be found.
 */
export type LookUp = (message: SmsMessage, since: Date, signal: AbortSignal) => Promise<Found>
