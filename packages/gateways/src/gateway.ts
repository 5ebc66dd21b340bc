// Defines the interface that every SMS gateway implements. A gateway answers each send with one Outcome and does not
// throw for a fault of the vendor or the network, so a worker needs only `class` to choose its next step.

export type SmsMessage = {
  /** [0-9a-z]{1,32}, the same for every retry of one message: vendors detect duplicates by it. */
  id: string
  /** E.164, such as +8613800138000. */
  mobile: string
  /** The country of the number, as ISO 3166-1 alpha-2, such as CN. */
  country: string
  locale: string
  code: string
  /** The remaining life of the code in whole minutes, for the text of the message. */
  minutes: number
  /** The exact remaining life of the code. A vendor need not deliver the message later than this. */
  secondsLeft: number
  scene: string
  /** The whole text in the locale, for vendors with free text. Templates are registered word for word instead. */
  text: string
}

/** The results of a send. What the worker may do next depends only on the class of the result. */
export const outcomeClasses = [
  'accepted', // The vendor has taken the message.
  'duplicate', // The vendor already has a message with this id, so an earlier try was taken.
  'retry_same', // The message was certainly not taken. The worker asks the same gateway again after a pause.
  'switch_now', // The message was certainly not taken. The worker asks the next gateway at once.
  'ambiguous', // The message may have been taken. A resend through another gateway can deliver two messages.
  'number', // No gateway can reach this number.
  'number_limit', // The vendor limits this number. A send through another gateway would bypass the limit.
  'template', // This vendor refuses the template, the signature or the text. Another vendor has its own texts.
  'config', // Our account, key, balance, clock or request is wrong. The gateway is unusable until the fault is fixed.
] as const
export type OutcomeClass = (typeof outcomeClasses)[number]

export type Outcome = {
  class: OutcomeClass
  /** A result code of the vendor or the transport, never with vendor prose, the number or the verification code. */
  code: string
  messageId?: string
  /** Set only with `retry_same`, if the vendor said how long to wait. The caller limits the wait. */
  retryAfterMs?: number
}

export type SmsGateway = {
  readonly name: string
  send(message: SmsMessage, signal: AbortSignal): Promise<Outcome>
  /** Whether the vendor detects, at `nowMs`, the repeat of a message that was first sent at `sinceMs`. */
  readonly recognises: (sinceMs: number, nowMs: number) => boolean
  /** Set only if the vendor has records in which the gateway can search for a message after an `ambiguous` send. */
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
  | { found: 'unknown' } // The vendor has no record yet, or gave no readable answer. Nothing is proven.
