// Defines the secrets and the settings of the webhook and creates the gateway from their values. Unlike a vendor's
// API, the receiver may be on the same machine, even in production.
import { Type } from '@sinclair/typebox'
import { text } from '../settings.ts'
import { defineVendor } from '../vendor.ts'
import { createWebhookGateway } from './gateway.ts'
import { receiverSecrets } from './receipt.ts'

export const webhook = defineVendor({
  name: 'webhook',
  secrets: Type.Object({ WEBHOOK_SECRETS: receiverSecrets }),
  settings: Type.Object({
    base_url: text(
      '^https?://[^\\s]+$',
      'address of your own receiver of messages, such as https://sms.example.com/send, called as in Standard Webhooks',
    ),
    idempotent: Type.Boolean({
      default: false,
      description: 'whether the receiver sends a message once, even if its id is repeated',
    }),
  }),
  words: Type.Object({
    template: Type.Optional(
      text('^[^\\s]{1,64}$', 'template in the calls of the webhook; verification-code if not set'),
    ),
  }),
  create: ({ api, secrets, settings }) =>
    createWebhookGateway({
      ...api,
      url: settings.base_url,
      keys: secrets.WEBHOOK_SECRETS,
      idempotent: settings.idempotent,
    }),
})
