// The vendor's side of Twilio's Messages: who calls; then a message to send, or a list of those that were.
import type { Clock } from '../../clock.ts'
import { formOf } from '../form.ts'
import type { Outbox } from '../../control/outbox.ts'
import type { Receipts, Vendor } from '../vendor.ts'
import { twilioRefusal } from './answers.ts'
import { listMessages } from './list-messages.ts'
import { sendMessage, type TwilioAccount } from './send-message.ts'

export function createTwilio(
  deps: { clock: Clock; outbox: Outbox; receipts: Receipts },
  account: TwilioAccount & { authToken: string },
): Vendor {
  const { clock, outbox, receipts } = deps
  const credentials = Buffer.from(`${account.accountSid}:${account.authToken}`).toString('base64')

  return {
    name: 'twilio',
    receipts,
    isLookUp: ({ method }) => method === 'GET',
    isRefusalCode: (code) => /^[1-9]\d{4}$/.test(code),
    refusal: (code) => twilioRefusal(code),
    unreadable: () => twilioRefusal('20001', 'The request could not be read.'),
    reset() {},

    answer(request) {
      // The word for the scheme is case-insensitive, what follows it is not.
      const [scheme = '', given] = (request.headers.authorization ?? '').split(' ')
      if (scheme.toLowerCase() !== 'basic' || given !== credentials) return twilioRefusal('20003')
      if (request.account !== account.accountSid) return twilioRefusal('20404')
      return request.method === 'GET'
        ? listMessages(request.query, account, outbox, clock.now())
        : sendMessage(formOf(request), account, clock.now())
    },
  }
}
