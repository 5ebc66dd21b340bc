// Twilio's delivery receipt: a form, to the address the message named and to no other, signed with the account's token
// over that address and the fields sorted by name.
import { createHmac } from 'node:crypto'
import type { Receipts } from '../vendor.ts'
import { internationalOf } from './message-resource.ts'

export function createTwilioReceipts(options: {
  accountSid: string
  authToken: string
  from: string
}): Receipts {
  return {
    push(message, { delivered, forged }) {
      if (message.callback === undefined) return null
      const status = delivered ? 'delivered' : 'undelivered'
      const fields: Record<string, string> = {
        AccountSid: options.accountSid,
        ApiVersion: '2010-04-01',
        ...(delivered ? {} : { ErrorCode: '30003' }),
        From: options.from,
        MessageSid: message.id,
        MessageStatus: status,
        SmsSid: message.id,
        SmsStatus: status,
        To: internationalOf(message.to),
      }
      const key = forged ? `not ${options.authToken}` : options.authToken
      return {
        url: message.callback,
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'x-twilio-signature': signTwilio(key, message.callback, fields),
        },
        body: new URLSearchParams(fields).toString(),
      }
    },
    isAcknowledged: ({ status }) => status >= 200 && status < 300,
  }
}

export function signTwilio(authToken: string, url: string, fields: Record<string, string>): string {
  const sorted = Object.keys(fields).toSorted()
  const text = sorted.reduce((signed, name) => `${signed}${name}${fields[name] ?? ''}`, url)
  return createHmac('sha1', authToken).update(text).digest('base64')
}
