// Defines the environment variables of Twilio and creates the gateway from their values.
import { Type } from '@sinclair/typebox'
import { callbackUrl } from '../delivery-receipt.ts'
import { apiUrl, apiUrlFault, text } from '../settings.ts'
import { defineVendor } from '../vendor.ts'
import { createTwilioGateway } from './gateway.ts'
import { twilioAuthToken } from './receipt.ts'

export const twilio = defineVendor({
  name: 'twilio',
  settings: Type.Object({
    TWILIO_BASE_URL: apiUrl('Twilio', 'https://api.twilio.com'),
    TWILIO_ACCOUNT_SID: text(
      '^AC[0-9a-zA-Z]{32}$',
      'Twilio account sid, such as AC00000000000000000000000000000000',
    ),
    TWILIO_AUTH_TOKEN: twilioAuthToken,
    TWILIO_FROM: Type.Optional(
      text('^\\+?[0-9A-Za-z ]{3,16}$', 'sender of Twilio messages, such as +15005550006'),
    ),
    TWILIO_MESSAGING_SERVICE_SID: Type.Optional(
      text(
        '^MG[0-9a-zA-Z]{32}$',
        'Twilio messaging service, such as MG00000000000000000000000000000000, instead of TWILIO_FROM',
      ),
    ),
  }),
  faults: ({ TWILIO_BASE_URL, TWILIO_FROM, TWILIO_MESSAGING_SERVICE_SID }, context) => [
    TWILIO_FROM === undefined &&
      TWILIO_MESSAGING_SERVICE_SID === undefined &&
      'TWILIO_FROM: is missing, and so is TWILIO_MESSAGING_SERVICE_SID (SMS_GATEWAYS lists twilio)',
    apiUrlFault('TWILIO_BASE_URL', TWILIO_BASE_URL, context),
    context.callbackToken !== undefined &&
      context.publicUrl === undefined &&
      'PUBLIC_URL: is missing (every Twilio message carries the address for its delivery receipt)',
  ],
  create: (settings, { transport }, context) =>
    createTwilioGateway({
      baseUrl: settings.TWILIO_BASE_URL.href,
      accountSid: settings.TWILIO_ACCOUNT_SID,
      authToken: settings.TWILIO_AUTH_TOKEN,
      from: settings.TWILIO_FROM,
      messagingServiceSid: settings.TWILIO_MESSAGING_SERVICE_SID,
      statusCallback: callbackUrl('twilio', context),
      transport,
    }),
})
