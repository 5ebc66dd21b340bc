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

/** The codes of OpenSSL and of Node's TLS, such as CERT_HAS_EXPIRED. They contain none of the server's words. */
const TLS_FAULT = /^(EPROTO|ERR_(SSL|TLS|OSSL)_[A-Z0-9_]{1,50}|(?!ERR_|EAI_)[A-Z0-9]{2,20}_[A-Z0-9_]{1,40})$/

/**
 * Maps a fault of nodemailer to an outcome class. The class is `ambiguous` only if the content of the mail began to
 * leave and the server did not refuse the mail. The field `code` of the outcome never contains the server's reply,
 * which may repeat the address.
 * @param mayHaveLeft whether the content began to leave
 */
export function smtpOutcome(err: unknown, mayHaveLeft = true): Outcome {
  const code = text(err, 'code')
  const cause = text(err, 'originalCode')
  const reply = Number(field(err, 'responseCode') ?? 0)
  const named = /^E[A-Z0-9]{2,20}$/.test(code) ? code : 'UNKNOWN_FAULT'
  const say = (cls: OutcomeClass): Outcome => ({ class: cls, code: reply > 0 ? `${named}_${reply}` : named })

  if (!mayHaveLeft && TLS_FAULT.test(cause)) return { class: 'config', code: cause }
  const known = BY_CODE[code]
  // A 454 to a password means that the server cannot check any password at the moment.
  if (known !== undefined && reply !== 454) return say(known)
  // After a 503 (the session was in a wrong state) the same mail can be accepted on a new connection.
  if ((reply >= 400 && reply < 500) || reply === 503) return say('retry_same')
  if (reply >= 500) return say(refusal(code, text(err, 'command'), mayHaveLeft))
  return say(mayHaveLeft ? 'ambiguous' : 'switch_now')
}

/** The class of a permanent refusal: of the recipient, of the mail, or of us. */
function refusal(code: string, command: string, mayHaveLeft: boolean): OutcomeClass {
  if (code === 'EENVELOPE' && command !== 'MAIL FROM' && command !== 'DATA') return 'number'
  return mayHaveLeft || command === 'DATA' ? 'template' : 'config'
}

function text(value: unknown, name: string): string {
  const found = field(value, name)
  return typeof found === 'string' ? found : ''
}
