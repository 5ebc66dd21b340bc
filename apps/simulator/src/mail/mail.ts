// One mail as the mailbox lists it, read from the bytes that came over the wire.
import PostalMime, { type Email } from 'postal-mime'
import type { Mail } from './mailbox.ts'

// What a test may ask about; the rest of a header is long and says nothing here.
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

export type ReadMail = Omit<Mail, 'seq' | 'to' | 'at'>

export async function readMail(raw: Buffer, envelopeFrom: string): Promise<ReadMail> {
  const email = await PostalMime.parse(raw)
  const subject = email.subject ?? ''
  return {
    from: email.from?.address ?? envelopeFrom,
    subject,
    text: email.text ?? null,
    html: email.html ?? null,
    code: codeIn(email.text ?? '') ?? codeIn(subject),
    message_id: email.messageId ?? null,
    headers: someHeaders(email),
  }
}

/** The first digits that stand alone and are as many as a code may have. */
function codeIn(text: string): string | null {
  return /(?<!\d)\d{6,10}(?!\d)/.exec(text)?.[0] ?? null
}

function someHeaders(email: Email): Record<string, string> {
  const chosen = email.headers.filter(({ key }) => HEADERS.has(key))
  return Object.fromEntries(chosen.map(({ key, value }) => [key, value]))
}
