// Defines the secrets and the settings of Twilio and creates the gateway from their values.
import { Type } from '@sinclair/typebox'
import { callbackUrl } from '../delivery-receipt.ts'
import { apiUrl, secret, text } from '../settings.ts'
import { defineVendor } from '../vendor.ts'
import { createTwilioGateway } from './gateway.ts'
import { twilioAuthToken } from './receipt.ts'

export const twilio = defineVendor({
  name: 'twilio',
  secrets: Type.Object({
    TWILIO_AUTH_TOKEN: Type.Optional(twilioAuthToken),
    TWILIO_API_KEY_SECRET: Type.Optional(
      secret('secret of the Twilio API key that the setting api_key names'),
    ),
  }),
  settings: Type.Object({
    base_url: apiUrl('Twilio', 'https://api.twilio.com'),
    account: text('^AC[0-9a-zA-Z]{32}$', 'Twilio account sid, such as AC00000000000000000000000000000000'),
    api_key: Type.Optional(
      text('^SK[0-9a-zA-Z]{32}$', 'Twilio API key for the calls, such as SK00000000000000000000000000000000'),
    ),
    app: Type.Optional(
      text('^MG[0-9a-zA-Z]{32}$', 'Twilio messaging service, such as MG00000000000000000000000000000000'),
    ),
  }),
  words: Type.Object({
    sender: Type.Optional(
      text('^\\+?[0-9A-Za-z ]{3,16}$', 'sender of Twilio messages, such as +15005550006'),
    ),
  }),
  // A messaging service chooses the sender.
  needs: (_country, { app }) => (app === undefined ? ['sender'] : []),
  faults: ({ name, secrets, settings, context }) => {
    const variable = settings.api_key === undefined ? 'TWILIO_AUTH_TOKEN' : 'TWILIO_API_KEY_SECRET'
    return [
      secrets[variable] === undefined && `${variable}: is missing (the gateway ${name} needs it)`,
      context.callbackToken !== undefined &&
        context.publicUrl === undefined &&
        'PUBLIC_URL: is missing (every Twilio message carries the address for its delivery receipt)',
    ]
  },
  create: ({ api, secrets, settings: { base_url: baseUrl, account, api_key: apiKey, app }, context }) =>
    createTwilioGateway({
      ...api,
      baseUrl,
      account,
      credentials:
        apiKey === undefined
          ? [account, secrets.TWILIO_AUTH_TOKEN ?? '']
          : [apiKey, secrets.TWILIO_API_KEY_SECRET ?? ''],
      messagingServiceSid: app,
      statusCallback: callbackUrl(api.name, context),
    }),
})
