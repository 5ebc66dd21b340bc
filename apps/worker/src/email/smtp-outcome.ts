import type { Outcome, OutcomeClass } from '@sms-codes/gateways/gateway'

/** Faults that nodemailer names by a code of its own, whatever the server said. */
const BY_CODE: Readonly<Record<string, OutcomeClass>> = {
  // A wrong password is answered with a permanent 535; it is our fault and not the recipient's.
  EAUTH: 'config',
  ENOAUTH: 'config',
  EOAUTH2: 'config',
  EOTP: 'config',
  ECONFIG: 'config',
  ETLS: 'config',
  EDNS: 'switch_now',
}

/** Waits that ended before the message was on its way. */
const BEFORE_DATA = new Set(['CONNECT_TIMEOUT', 'GREETING_TIMEOUT', 'UPGRADE_TIMEOUT'])
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND'])

/**
 * What a fault of nodemailer means for the mail, in the classes of the SMS gateways. Total: what cannot be
 * shown to be a refusal is `ambiguous`. The outcome's code never holds what the server said, which may
 * repeat the address.
 */
export function mailFault(err: unknown): Outcome {
  const code = text(err, 'code')
  const reply = Number(field(err, 'responseCode') ?? 0)
  const named = /^E[A-Z0-9]{2,20}$/.test(code) ? code : 'UNKNOWN_FAULT'
  const say = (cls: OutcomeClass): Outcome => ({ class: cls, code: reply > 0 ? `${named}_${reply}` : named })

  const known = BY_CODE[code]
  if (known !== undefined) return say(known)
  if (reply >= 400 && reply < 500) return say('retry_same')
  // The session was in the wrong state; the same mail can go through on a new connection.
  if (reply === 503) return say('retry_same')
  if (code === 'EENVELOPE' && reply >= 500) return say('number')
  if (code === 'EMESSAGE' && reply >= 500) return say('template')
  if (code === 'ETIMEDOUT' && BEFORE_DATA.has(text(err, 'timeoutType'))) return say('switch_now')
  if (code === 'ESOCKET' && NEVER_CONNECTED.has(text(err, 'originalCode'))) return say('switch_now')
  return say('ambiguous')
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

function text(value: unknown, name: string): string {
  const found = field(value, name)
  return typeof found === 'string' ? found : ''
}
