// Owns the delivery receipts of a webhook receiver: one message per call, signed with the same secret as the
// messages that the receiver gets.
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { emptyAcknowledgement, oneReceipt, type ReceiptParser } from '../delivery-receipt.ts'
import { parseJson } from '../json.ts'
import { verifyWebhook, webhookSecrets } from './signature.ts'

export const receiverSecrets = webhookSecrets('signs messages and delivery receipts')

const Receipt = Type.Object({
  /** The id that the message was sent with. */
  id: Type.String(),
  status: Type.String(),
  code: Type.Optional(Type.Unknown()),
})

type Options = { keys: readonly Buffer[]; now?: () => Date }

export function createWebhookReceipts({ keys, now = () => new Date() }: Options): ReceiptParser {
  return {
    verify: (call) => verifyWebhook(keys, call, now()),
    read({ body }) {
      const received = parseJson(body)
      if (!Value.Check(Receipt, received)) return null
      const { id, status, code } = received
      if (status !== 'delivered' && status !== 'undelivered') return []
      return oneReceipt(status, [id], [code, status])
    },
    acknowledgement: emptyAcknowledgement,
  }
}
