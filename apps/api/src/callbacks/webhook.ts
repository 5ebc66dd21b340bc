import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { readSecret } from '@sms-codes/core/webhook-signature'
import { emptyAcknowledgement, parseJson, report, type Callback } from './callback.ts'
import { verifyWebhook } from './standard-webhooks.ts'

export type WebhookCallbackOptions = { secrets: readonly string[]; now?: () => Date }

const Receipt = Type.Object({
  // The one that the message was sent with.
  id: Type.String(),
  status: Type.String(),
  code: Type.Optional(Type.Unknown()),
})

/** The receipts of a receiver of your own: one message in each call, signed with the secret it is called with. */
export function createWebhookCallback({ secrets, now = () => new Date() }: WebhookCallbackOptions): Callback {
  const keys = secrets.map(readSecret)
  return {
    contentType: 'json',
    verify: (received) => verifyWebhook(keys, received, now()),
    read({ body }) {
      const receipt = parseJson(body)
      if (!Value.Check(Receipt, receipt)) return null
      const { id, status, code } = receipt
      if (status !== 'delivered' && status !== 'undelivered') return []
      const one = report(status, [id], [code, status])
      return one && [one]
    },
    acknowledgement: emptyAcknowledgement,
  }
}
