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

/** The results of a send. Each one decides what the worker may do next. */
export const outcomeClasses = [
  'accepted', // The vendor has taken the message.
  'duplicate', // The vendor already has a message with this id, so an earlier try was taken.
  'retry_same', // Certainly not taken, for a temporary reason. Ask the same gateway again after a pause.
  'switch_now', // Certainly not taken, and this gateway cannot serve now. Ask the next gateway at once.
  'ambiguous', // May have been taken. A resend through another gateway can deliver two messages.
  'number', // No gateway can reach this number.
  'number_limit', // The vendor limits this number. Another gateway would only bypass the limit.
  'template', // This vendor refuses the template, the signature or the text. Another vendor has its own.
  'config', // Our account, key, balance, clock or request is wrong. The gateway is unusable until it is fixed.
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
  /** Whether the gateway, at `nowMs`, would detect the repeat of a message that was sent to it at `sinceMs`. */
  readonly recognises: (sinceMs: number, nowMs: number) => boolean
  /** Only gateways whose vendor keeps records can search them for a message whose send was `ambiguous`. */
  readonly lookUp?: LookUp
}

/**
 * Searches the vendor's records by the message's number, its id if the vendor stores it, and the start of the send.
 * Never throws. A vendor needs some seconds before it can find a message.
 */
export type LookUp = (message: SmsMessage, since: Date, signal: AbortSignal) => Promise<Found>

export type Found =
  | { found: 'taken'; messageId?: string } // The vendor has the message, whether or not it was delivered.
  | { found: 'refused' } // The vendor has recorded a refusal, so the message will not be delivered.
  | { found: 'unknown' } // No record yet, or no readable answer. This proves nothing.
