// Defines the secret and the settings of Vonage and creates the gateway from their values.
import { Type } from '@sinclair/typebox'
import { callbackUrl } from '../delivery-receipt.ts'
import { apiUrl, text } from '../settings.ts'
import { defineVendor } from '../vendor.ts'
import { createVonageGateway } from './gateway.ts'

export const vonage = defineVendor({
  name: 'vonage',
  secrets: Type.Object({
    // Vonage lets an account choose a secret of eight characters.
    VONAGE_API_SECRET: text('^\\S{8,64}$', 'secret: Vonage API secret, 8 characters or more'),
  }),
  settings: Type.Object({
    base_url: apiUrl('Vonage SMS', 'https://rest.nexmo.com'),
    account: text('^[0-9A-Za-z]{8}$', 'Vonage API key, such as abcd1234'),
  }),
  words: Type.Object({
    sender: text(
      '^([0-9]{3,15}|[0-9A-Za-z ]{3,11})$',
      'sender of Vonage messages: a number without plus, or a name',
    ),
  }),
  create: ({ api, secrets, settings, context }) =>
    createVonageGateway({
      ...api,
      baseUrl: settings.base_url,
      apiKey: settings.account,
      apiSecret: secrets.VONAGE_API_SECRET,
      callback: callbackUrl(api.name, context),
    }),
})
