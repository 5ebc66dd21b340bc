// Twilio's delivery receipt: a form that goes only to the URL that the message named. Its signature is an HMAC-SHA1 with
// the account's token over that URL and the fields, sorted by name.
import { createHmac } from 'node:crypto'
import type { Config } from '../../config.ts'
import { TWILIO } from '../accounts.ts'
import { internationalOf } from '../mobile.ts'
import type { DeliveryReceipts } from '../vendor.ts'

export function twilioDeliveryReceipts(config: Config): DeliveryReceipts {
  return {
    buildDeliveryReceipt(message, { delivered, forged }) {
      if (message.callback === undefined) return null
      const status = delivered ? 'delivered' : 'undelivered'
      const fields: Record<string, string> = {
        AccountSid: TWILIO.account,
        ApiVersion: '2010-04-01',
        ...(delivered ? {} : { ErrorCode: '30003' }),
        ...(message.sender === TWILIO.messagingService ? {} : { From: message.sender ?? '' }),
        MessageSid: message.id,
        MessageStatus: status,
        SmsSid: message.id,
        SmsStatus: status,
        To: internationalOf(message.to),
      }
      const key = forged ? `not ${config.TWILIO_AUTH_TOKEN}` : config.TWILIO_AUTH_TOKEN
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
