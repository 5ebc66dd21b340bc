// Defines the environment variables of the webhook and creates the gateway from their values. Unlike a vendor's API,
// the receiver may be on the same machine, even in production.
import { Type } from '@sinclair/typebox'
import { plaintextFault, sceneFault, sceneTemplates, text, url } from '../settings.ts'
import { defineVendor } from '../vendor.ts'
import { createWebhookGateway } from './gateway.ts'
import { receiverSecrets } from './receipt.ts'

export const webhook = defineVendor({
  name: 'webhook',
  settings: Type.Object({
    WEBHOOK_URL: url(
      'address of your own receiver of messages, such as https://sms.example.com/send, called as in Standard Webhooks',
    ),
    WEBHOOK_SECRETS: receiverSecrets,
    WEBHOOK_TEMPLATE: text(
      '^[^,:\\s]{1,64}$',
      'name of the template in the calls of the webhook, such as verification-code',
      {
        default: 'verification-code',
      },
    ),
    WEBHOOK_TEMPLATES: sceneTemplates(),
    WEBHOOK_IDEMPOTENT: Type.Union([Type.Literal('true'), Type.Literal('false')], {
      default: 'false',
      description: 'true or false: whether the receiver sends a message once, even if its id is repeated',
    }),
  }),
  faults: (values, context) => [
    plaintextFault('WEBHOOK_URL', values.WEBHOOK_URL, context),
    sceneFault('WEBHOOK_TEMPLATES', values.WEBHOOK_TEMPLATES, context),
  ],
  create: (settings, { transport }) =>
    createWebhookGateway({
      url: settings.WEBHOOK_URL.href,
      keys: settings.WEBHOOK_SECRETS,
      idempotent: settings.WEBHOOK_IDEMPOTENT === 'true',
      templateOf: (scene) => settings.WEBHOOK_TEMPLATES.get(scene) ?? settings.WEBHOOK_TEMPLATE,
      transport,
    }),
})
