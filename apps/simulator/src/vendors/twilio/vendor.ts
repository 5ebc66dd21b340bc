// Twilio's Messages resource: checks the account's token or API key, then sends a message (POST) or lists messages (GET).
import { TWILIO } from '../accounts.ts'
import { formOf } from '../form.ts'
import { basicCredentialsOf } from '../headers.ts'
import type { Vendor, VendorDeps } from '../vendor.ts'
import { twilioDeliveryReceipts } from './delivery-receipt.ts'
import { listMessages } from './list-messages.ts'
import { twilioRefusal } from './refusals.ts'
import { sendMessage } from './send-message.ts'

export function createTwilio(deps: VendorDeps): Vendor {
  const { clock, config } = deps
  const credentials = [
    `${TWILIO.account}:${config.TWILIO_AUTH_TOKEN}`,
    `${TWILIO.apiKey}:${config.TWILIO_API_KEY_SECRET}`,
  ]

  return {
    name: 'twilio',
    ...twilioDeliveryReceipts(config),
    isLookUp: ({ method }) => method === 'GET',
    isRefusalCode: (code) => /^[1-9]\d{4}$/.test(code),
    refusal: (code) => twilioRefusal(code),
    unreadable: () => twilioRefusal('20001', 'The request could not be read.'),
    reset() {},

    answer(request) {
      if (!credentials.includes(basicCredentialsOf(request))) return twilioRefusal('20003')
      if (request.account !== TWILIO.account) return twilioRefusal('20404')
      return request.method === 'GET'
        ? listMessages(request.query, deps)
        : sendMessage(formOf(request), clock.now())
    },
  }
}
