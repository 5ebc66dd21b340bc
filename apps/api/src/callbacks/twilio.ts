import { createHmac, timingSafeEqual } from 'node:crypto'
import { emptyAcknowledgement, report, type Callback, type Report } from './callback.ts'

export type TwilioCallbackOptions = {
  authToken: string
  /** Where Twilio calls, as the outside knows it and without a query: what it signs is this address. */
  url: string
}

const STATES = new Map<string, Report['state']>([
  ['delivered', 'delivered'],
  ['undelivered', 'undelivered'],
  ['failed', 'undelivered'],
])

/** One message in each call, signed with the account's token. Our id comes back in the query, as `echo`. */
export function createTwilioCallback({ authToken, url }: TwilioCallbackOptions): Callback {
  const address = new URL(url)
  return {
    contentType: 'form',
    verify({ headers, query, body }) {
      const shown = headers['x-twilio-signature']
      if (typeof shown !== 'string') return false
      const form = new URLSearchParams(body)
      return spellings(address, query).some((spelling) => same(shown, signTwilio(authToken, spelling, form)))
    },
    read({ query, body }) {
      const form = new URLSearchParams(body)
      const status = form.get('MessageStatus') ?? form.get('SmsStatus')
      if (status === null) return null
      const state = STATES.get(status)
      if (state === undefined) return []
      const ids = [form.get('MessageSid') ?? form.get('SmsSid'), new URLSearchParams(query).get('echo')]
      const one = report(state, ids, state === 'delivered' ? [status] : [form.get('ErrorCode'), status])
      return one && [one]
    },
    acknowledgement: emptyAcknowledgement,
  }
}

/** The address, then name and value of every field by name; of equal ones one. HMAC-SHA1, base64. */
export function signTwilio(authToken: string, address: string, form: URLSearchParams): string {
  const fields = new Map<string, Set<string>>()
  for (const [name, value] of form) fields.set(name, (fields.get(name) ?? new Set()).add(value))
  const hmac = createHmac('sha1', authToken).update(address)
  for (const name of [...fields.keys()].toSorted())
    for (const value of [...(fields.get(name) ?? [])].toSorted()) hmac.update(name + value)
  return hmac.digest('base64')
}

/** Twilio does not say whether it signs an address with its port or without it: it has done both. */
function spellings({ protocol, hostname, port, pathname }: URL, query: string): string[] {
  const rest = query === '' ? pathname : `${pathname}?${query}`
  const named = port === '' ? (protocol === 'https:' ? '443' : '80') : port
  return [`${protocol}//${hostname}${rest}`, `${protocol}//${hostname}:${named}${rest}`]
}

function same(shown: string, expected: string): boolean {
  const [a, b] = [Buffer.from(shown), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
