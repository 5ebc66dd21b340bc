// The webhook's delivery receipt, signed like its requests. Every receipt has an id of its own, which stays the same
// when it is repeated, so that the API may tell a repeat.
import { createHmac } from 'node:crypto'
import type { Receipts } from '../vendor.ts'
import { signWebhook } from './signature.ts'

export function createWebhookReceipts(options: {
  secrets: readonly Buffer[]
  callbackUrl: (forged: boolean) => string
}): Receipts {
  return {
    push(message, { delivered, forged, now }) {
      const status = delivered ? 'delivered' : 'undelivered'
      const id = `receipt-${message.id}-${status}`
      const timestamp = String(Math.floor(now / 1000))
      const body = JSON.stringify({ id: message.id, status })
      const [secret = Buffer.alloc(0)] = options.secrets
      const key = forged ? createHmac('sha256', secret).update('forged').digest() : secret
      return {
        // The address is known to whoever serves the webhook; the signature is what he cannot make up.
        url: options.callbackUrl(false),
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
