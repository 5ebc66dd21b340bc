// Parses the bytes of a received mail into the form that GET /_sim/mails lists.
import PostalMime, { type Email } from 'postal-mime'

/** One mail for one recipient. */
export type Mail = {
  to: string
  from: string
  subject: string
  text: string | null
  html: string | null
  code: string | null
  message_id: string | null
  headers: Record<string, string>
  /** When the server accepted it, in milliseconds. */
  at: number
}

// The headers that tests check; all others are left out.
const HEADERS = new Set([
  'auto-submitted',
  'content-language',
  'content-type',
  'date',
  'from',
  'precedence',
  'reply-to',
  'to',
  'x-auto-response-suppress',
])

export async function readMail(raw: Buffer, envelopeFrom: string): Promise<Omit<Mail, 'to' | 'at'>> {
  const email = await PostalMime.parse(raw)
  const subject = email.subject ?? ''
  return {
    from: email.from?.address ?? envelopeFrom,
    subject,
    text: email.text ?? null,
    html: email.html ?? null,
    code: findCode(email.text ?? '', subject),
    message_id: email.messageId ?? null,
    headers: keptHeaders(email),
  }
}

/** A run of digits as long as a code. A shorter one may also be a year, so it counts only if there is no longer one. */
const LONG = /(?<!\d)\d{6,10}(?!\d)/
const SHORT = /(?<![\d*])\d{4,5}(?!\d)/

const findCode = (text: string, subject: string): string | null =>
  (LONG.exec(text) ?? LONG.exec(subject) ?? SHORT.exec(text) ?? SHORT.exec(subject))?.[0] ?? null

function keptHeaders(email: Email): Record<string, string> {
  const kept = email.headers.filter(({ key }) => HEADERS.has(key))
  return Object.fromEntries(kept.map(({ key, value }) => [key, value]))
}
