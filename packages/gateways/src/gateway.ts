// Owns the interface that every SMS gateway implements. A gateway answers each send with one Outcome and never
// throws for anything that the vendor or the network does, so a worker decides on `class` alone.

export type SmsMessage = {
  /** [0-9a-z]{1,32}, the same for every retry of one message: vendors detect duplicates by it. */
  id: string
  mobile: string
  code: string
  /** The remaining life of the code in whole minutes, for the text of the message. */
  minutes: number
  /** The exact remaining life of the code. A vendor need not deliver the message later than this. */
  secondsLeft: number
  scene: string
  /** Only for gateways with free text, because templates are registered word for word. */
  webOtpDomain?: string
}

/**
 * What the worker may do after a send:
 * - `accepted`: the vendor has taken the message.
 * - `duplicate`: the vendor already has a message with this id, so an earlier try was taken.
 * - `retry_same`: certainly not taken, and the reason is temporary. Ask the same gateway again after a pause.
 * - `switch_now`: certainly not taken, and this gateway cannot serve now. Ask the next gateway at once.
 * - `ambiguous`: may have been taken. A resend through another gateway can deliver two messages.
 * - `number`: no gateway can reach this number.
 * - `number_limit`: the vendor limits this number. Another gateway would only bypass the limit.
 * - `template`: this vendor refuses the template, the signature or the text. Another vendor has its own.
 * - `config`: our account, key, balance, clock or request is wrong. The gateway is unusable until it is fixed.
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
  /** The vendor's code or the transport's. Never vendor prose, never the message's number or code. */
  code: string
  messageId?: string
  /** Only with `retry_same`, if the vendor said how long to wait. The caller limits it. */
  retryAfterMs?: number
}

export type SmsGateway = {
  readonly name: string
  send(message: SmsMessage, signal: AbortSignal): Promise<Outcome>
}

/** What a gateway offers for a message whose send was `ambiguous`. */
export type DoubtHandling = {
  /** Whether the gateway, at `nowMs`, would detect the repeat of a message that was sent to it at `sinceMs`. */
  readonly recognises: (sinceMs: number, nowMs: number) => boolean
  readonly lookUp?: LookUp
}

/** For gateways that send every repeat as a new message. */
export const recognisesNothing: DoubtHandling['recognises'] = () => false

/**
 * The vendor's answer about a message whose send was `ambiguous`:
 * - `taken`: the vendor has the message, whether or not it was delivered.
 * - `refused`: the vendor has recorded a refusal, so the message will not be delivered.
 * - `unknown`: no record yet, or no readable answer. This proves nothing.
 */
export type Found = { found: 'taken'; messageId?: string } | { found: 'refused' } | { found: 'unknown' }

/**
 * Searches the vendor's records by the message's number, its id if the vendor stores it, and the time at which
 * the send began. Never throws. A vendor needs some seconds before it can find a message.
 */
export type LookUp = (message: SmsMessage, since: Date, signal: AbortSignal) => Promise<Found>
