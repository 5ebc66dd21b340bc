import type { Outcome, OutcomeClass } from '@sms-codes/gateways/gateway'
import { field } from '@sms-codes/gateways/json'

/** The error code of nodemailer sets the class of these faults, whatever the server replied. */
const BY_CODE: Readonly<Record<string, OutcomeClass>> = {
  // The reply to a wrong password is a permanent 535, but the fault is ours and not that of the recipient.
  EAUTH: 'config',
  ENOAUTH: 'config',
  EOAUTH2: 'config',
  EOTP: 'config',
  ECONFIG: 'config',
  ETLS: 'config',
  EDNS: 'switch_now',
}

/** These timeouts occur before the message could have left. */
const BEFORE_DATA = new Set(['CONNECT_TIMEOUT', 'GREETING_TIMEOUT', 'UPGRADE_TIMEOUT'])
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND'])

/**
 * Maps a fault of nodemailer to an outcome class. A fault that is not certainly a refusal is `ambiguous`. The field
 * `code` of the outcome never contains the server's reply, which may repeat the address.
 */
export function smtpOutcome(err: unknown): Outcome {
  const code = text(err, 'code')
  const reply = Number(field(err, 'responseCode') ?? 0)
  const named = /^E[A-Z0-9]{2,20}$/.test(code) ? code : 'UNKNOWN_FAULT'
  const say = (cls: OutcomeClass): Outcome => ({ class: cls, code: reply > 0 ? `${named}_${reply}` : named })

  const known = BY_CODE[code]
  if (known !== undefined) return say(known)
  // After a 503 (the session was in a wrong state) the same mail can be accepted on a new connection.
  if ((reply >= 400 && reply < 500) || reply === 503) return say('retry_same')
  if (code === 'EENVELOPE' && reply >= 500) return say('number')
  if (code === 'EMESSAGE' && reply >= 500) return say('template')
  if (code === 'ETIMEDOUT' && BEFORE_DATA.has(text(err, 'timeoutType'))) return say('switch_now')
  if (code === 'ESOCKET' && NEVER_CONNECTED.has(text(err, 'originalCode'))) return say('switch_now')
  return say('ambiguous')
}

function text(value: unknown, name: string): string {
  const found = field(value, name)
  return typeof found === 'string' ? found : ''
}
