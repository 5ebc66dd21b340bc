import type { SendState } from './results.ts'

// The fields of the API's answers that the client reads. Each constant is an example: an answer must have fields of the
// same names and kinds. So an answer of another server is not taken for one of the API.

export type Envelope = {
  code: string
  errmsg: string
  retry_after?: number
  attempts_left?: number
  challenge?: 'proof'
}
export const ENVELOPE: Envelope = { code: '', errmsg: '' }

export const SENT = { request_id: '', resend_after: 0, expires_in: 0 }

type VerifiedAnswer = { request_id: string; receipt: string; assurance: 'sms' | 'email' }
export const VERIFIED: VerifiedAnswer = { request_id: '', receipt: '', assurance: 'sms' }

type StatusAnswer = {
  status: SendState | 'expired'
  channel: 'sms' | 'email'
  sends: number
  counts: boolean
  times: { [State in SendState]?: string }
}
export const STATUS: StatusAnswer = { status: 'sent', channel: 'sms', sends: 0, counts: true, times: {} }

/** Whether a value is of the kind of the example, and so are all its fields that the example has. */
export function isLike<T>(value: unknown, example: T): value is T {
  if (value === null || typeof value !== typeof example) return false
  if (typeof example !== 'object' || example === null) return true
  return (
    Array.isArray(value) === Array.isArray(example) &&
    Object.keys(example).every((name) => isLike(Reflect.get(Object(value), name), Reflect.get(example, name)))
  )
}
