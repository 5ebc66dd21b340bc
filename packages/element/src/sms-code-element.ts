// What a page sees of `<sms-code>`: its properties and its events.
// The types that a page installs come with the client's own types, so `#client` names the copy of them in this package.
import type { Refusal, Sent, SmsCodes, Typed, Verified } from '#client'

export type { Typed }

export interface SmsCodeElement extends HTMLElement {
  /** The typed number, as answers of the API write it. */
  get mobile(): string
  set mobile(typed: Typed)
  /** The typed code. Setting it fills the field, and does not verify. */
  get code(): string
  set code(typed: Typed)
  /** The receipt of the verified number, or ''. */
  readonly receipt: string
  // These are as of an `<input>`.
  name: string
  get required(): boolean
  set required(next: boolean | undefined)
  get disabled(): boolean
  set disabled(next: boolean | undefined)
  /** The receipt. */
  readonly value: string
  readonly form: HTMLFormElement | null
  readonly validity: ValidityState
  checkValidity: () => boolean
  reportValidity: () => boolean
  /** The client that the element calls, or undefined before the element is in a page. */
  readonly client: SmsCodes | undefined
}

export type VerifiedDetail = Omit<Verified, 'ok'>
export type SentDetail = Omit<Sent, 'ok'> & { mobile: string }

declare global {
  interface HTMLElementTagNameMap {
    'sms-code': SmsCodeElement
  }
  interface GlobalEventHandlersEventMap {
    'sms-code:verified': CustomEvent<VerifiedDetail>
    'sms-code:sent': CustomEvent<SentDetail>
    /** The API refused a send or a code, or could not be reached. */
    'sms-code:refused': CustomEvent<Refusal>
  }
}
