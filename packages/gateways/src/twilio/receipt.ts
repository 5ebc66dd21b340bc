// Verifies and reads Twilio's delivery receipts. Each call is about one message and is signed with the account's auth
// token. The query of the address carries our id of the message as `echo`.
import { createHmac } from 'node:crypto'
import { secret } from '../settings.ts'
import { emptyAcknowledgement, isEqualInConstantTime, oneReceipt } from '../delivery-receipt.ts'
import type { ReceiptParser } from '../delivery-receipt.ts'

export const twilioAuthToken = secret('Twilio auth token; signs calls and delivery receipts')

/**
 * @param url the public address that Twilio calls and signs, without a query
 * @throws if `url` is not an absolute address
 */
export function createTwilioReceipts({ authToken, url }: { authToken: string; url: string }): ReceiptParser {
  const address = new URL(url)
  return {
    verify({ headers, query, body }) {
      const signature = headers['x-twilio-signature']
      if (typeof signature !== 'string') return false
      const form = new URLSearchParams(body)
      return spellings(address, query).some((spelling) =>
        isEqualInConstantTime(signature, signTwilio(authToken, spelling, form)),
      )
    },
    read({ query, body }) {
      const form = new URLSearchParams(body)
      const status = form.get('MessageStatus') ?? form.get('SmsStatus')
      if (status === null) return null
      const ids = [form.get('MessageSid') ?? form.get('SmsSid'), new URLSearchParams(query).get('echo')]
      if (status === 'delivered') return oneReceipt('delivered', ids, [status])
      if (status !== 'undelivered' && status !== 'failed') return []
      return oneReceipt('undelivered', ids, [form.get('ErrorCode'), status])
    },
    acknowledgement: emptyAcknowledgement,
  }
}

/**
 * HMAC-SHA1 in base64 over the address and then the name and value of every form field, sorted by name. Fields
 * that are repeated with the same value count once.
 */
export function signTwilio(authToken: string, address: string, form: URLSearchParams): string {
  const fields = new Map<string, Set<string>>()
  for (const [name, value] of form) fields.set(name, (fields.get(name) ?? new Set()).add(value))
  const hmac = createHmac('sha1', authToken).update(address)
  for (const name of [...fields.keys()].toSorted())
    for (const value of [...(fields.get(name) ?? [])].toSorted()) hmac.update(name + value)
  return hmac.digest('base64')
}

/** The address without and with its port. Twilio does not document which spelling is signed, and has used both. */
function spellings({ protocol, hostname, port, pathname }: URL, query: string): string[] {
  const pathAndQuery = query === '' ? pathname : `${pathname}?${query}`
  const defaultPort = protocol === 'https:' ? '443' : '80'
  const hosts = [hostname, `${hostname}:${port || defaultPort}`]
  return hosts.map((host) => `${protocol}//${host}${pathAndQuery}`)
}
