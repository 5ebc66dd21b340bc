// Verifies and reads the delivery receipts of a webhook receiver. Each call is about one message, and is signed with
// the same secret as the messages that the receiver gets.
import { emptyAcknowledgement, oneReceipt, type ReceiptParser } from '../delivery-receipt.ts'
import { field, parseJson } from '../json.ts'
import { verifyWebhook, webhookSecrets } from './signature.ts'

export const receiverSecrets = webhookSecrets('signs messages and delivery receipts')

type Options = { keys: readonly Buffer[]; now?: () => Date }

export function createWebhookReceipts({ keys, now = () => new Date() }: Options): ReceiptParser {
  return {
    verify: (call) => verifyWebhook(keys, call, now()),
    read({ body }) {
      const received = parseJson(body)
      const [id, status] = [field(received, 'id'), field(received, 'status')]
      if (typeof id !== 'string' || typeof status !== 'string') return null
      if (status !== 'delivered' && status !== 'undelivered') return []
      return oneReceipt(status, [id], [field(received, 'code'), status])
    },
    acknowledgement: emptyAcknowledgement,
  }
}
