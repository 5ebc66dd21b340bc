/**
 * Why the API refused a call:
 * - `mobile`: not a mobile number, a landline, or a country that is not served
 * - `captcha`: the image code or the proof is wrong, used or expired; get another picture
 * - `proof_needed`: a picture does not suffice for this address; send again with a proof
 * - `throttled`: too many messages to this number, or too many requests from this address; see `retryAfter`
 * - `unavailable`: the service cannot send now (its budget, its gateways, its Redis, its load); see `retryAfter`
 * - `code_wrong`: the code is wrong; see `attemptsLeft`
 * - `code_expired`: the code has expired; send again
 * - `code_ended`: the code was used before, or guessed too often; send again
 * - `invalid`: the page, and not its user, has to change something: the scene, the address of the API, a kind of
 *   captcha that the scene does not accept; or a function of the page has thrown, see the console
 * - `unreachable`: no answer came, also after a repeat: no network, or the API does not permit the origin of the page
 */
export type Reason =
  | 'mobile'
  | 'captcha'
  | 'proof_needed'
  | 'throttled'
  | 'unavailable'
  | 'code_wrong'
  | 'code_expired'
  | 'code_ended'
  | 'invalid'
  | 'unreachable'

export type Refusal = {
  ok: false
  reason: Reason
  /** The text of the API for the user, in the language of the client; '' without an answer of the API. */
  message: string
  /** The RETCODE of the API, such as `4002`, or ''. `needs_https`: the page cannot compute, see `solveProof`. */
  code: string
  /** The HTTP status, or 0 without an answer. */
  status: number
  /** Seconds to wait. */
  retryAfter?: number
  /** Guesses that are left for this code; 0 if another code must be sent. */
  attemptsLeft?: number
}

/** A captcha service whose token is the `proof` of a send. */
export type Siteverify = {
  service: 'turnstile' | 'hcaptcha' | 'recaptcha'
  siteKey: string
  /** The address of the script that draws the widget. */
  script: string
}

export type Scene = {
  ok: true
  /** How many digits a code has. */
  codeLength: number
  /** The life of a code in seconds. */
  expiresIn: number
  /** The kinds of captcha that a send can use, in the order of the policy: `picture`, `proof`, `siteverify`. */
  captcha: string[]
  siteverify?: Siteverify
  /** The countries whose numbers get codes, as ISO 3166-1 codes. */
  countries: string[]
  /** Whether a code may go by e-mail if no SMS can be delivered. */
  emailFallback: boolean
}

export type Sent = {
  ok: true
  requestId: string
  /** Seconds until another message to this number is permitted. */
  resendAfter: number
  /** Seconds until the code expires. */
  expiresIn: number
}

export type Verified = {
  ok: true
  /** The number that the receipt proves and does not contain, as `normaliseMobile` returns it. */
  mobile: string
  /** The signed statement for your back end. The client does not store it. */
  receipt: string
  requestId: string
  /** `email` if the code may have been read in a mailbox. */
  assurance: 'sms' | 'email'
}

export type SendState = 'queued' | 'sending' | 'sent' | 'delivered' | 'fell_back' | 'failed'

export type RequestStatus = {
  ok: true
  status: SendState | 'expired'
  channel: 'sms' | 'email'
  /** How many times the code was sent. */
  sends: number
  /** Whether the newest send counts against the limits of the number: the wait goes on, also if it failed. */
  counts: boolean
  /** When the newest send reached each state that it has reached, in ISO 8601. */
  times: { [State in SendState]?: string }
}

export type Proof = { ok: true; proof: string }

export type LastSend = {
  /** As `normaliseMobile` returns it. */
  mobile: string
  /** '' if the number was only throttled. */
  requestId: string
  /** Milliseconds since 1970, by the clock of this device. */
  expiresAt: number
  /** Whether a verify had the reason `code_ended`. The status of the send does not tell it. */
  hasEnded: boolean
}
