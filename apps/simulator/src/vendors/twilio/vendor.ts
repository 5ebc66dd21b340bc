// Twilio's Messages resource: checks the account, then sends a message (POST) or lists messages (GET).
import { formOf } from '../form.ts'
import type { Vendor, VendorDeps } from '../vendor.ts'
import { twilioDeliveryReceipts } from './delivery-receipt.ts'
import { listMessages } from './list-messages.ts'
import { twilioRefusal } from './refusals.ts'
import { sendMessage } from './send-message.ts'

export function createTwilio(deps: VendorDeps): Vendor {
  const { clock, config } = deps
  const account = `${config.TWILIO_ACCOUNT_SID}:${config.TWILIO_AUTH_TOKEN}`
  const credentials = Buffer.from(account).toString('base64')

  return {
    name: 'twilio',
    ...twilioDeliveryReceipts(config),
    isLookUp: ({ method }) => method === 'GET',
    isRefusalCode: (code) => /^[1-9]\d{4}$/.test(code),
    refusal: (code) => twilioRefusal(code),
    unreadable: () => twilioRefusal('20001', 'The request could not be read.'),
    reset() {},

    answer(request) {
      // The name of the scheme is case-insensitive; the credentials are not.
      const [scheme = '', given] = (request.headers.authorization ?? '').split(' ')
      if (scheme.toLowerCase() !== 'basic' || given !== credentials) return twilioRefusal('20003')
      if (request.account !== config.TWILIO_ACCOUNT_SID) return twilioRefusal('20404')
      return request.method === 'GET'
        ? listMessages(request.query, deps)
        : sendMessage(formOf(request), config, clock.now())
    },
  }
}
