// The webhook's delivery receipt, signed like the requests to the webhook. A repeated delivery receipt has the same id, so
// the API can recognise the repeat.
import { createHmac } from 'node:crypto'
import type { Config } from '../../config.ts'
import { callbackUrl } from '../callback-url.ts'
import type { DeliveryReceipts } from '../vendor.ts'
import { signWebhook } from './signature.ts'

export function webhookDeliveryReceipts(config: Config, secrets: readonly Buffer[]): DeliveryReceipts {
  return {
    buildDeliveryReceipt(message, { delivered, forged, now }) {
      const status = delivered ? 'delivered' : 'undelivered'
      const id = `receipt-${message.id}-${status}`
      const timestamp = String(Math.floor(now / 1000))
      const body = JSON.stringify({ id: message.id, status })
      const [secret = Buffer.alloc(0)] = secrets
      const key = forged ? createHmac('sha256', secret).update('forged').digest() : secret
      return {
        // The operator of a webhook knows the URL, so only the signature proves a delivery receipt.
        url: callbackUrl(config, 'webhook'),
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': signWebhook(key, { id, timestamp, body }),
        },
        body,
      }
    },
    isAcknowledged: ({ status }) => status >= 200 && status < 300,
  }
}
