// Owns the signature of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over id, time and body, under a
// secret that receiver and sender share. With two secrets a request carries two signatures, which is how a
// secret is changed without a moment in which the receiver knows none of them.
import { createHmac } from 'node:crypto'

/** @throws with the reason, never with the secret */
export function readSecret(secret: string): Buffer {
  const [, text = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? []
  const key = Buffer.from(text, 'base64')
  if (key.length < 24 || key.length > 64)
    throw new Error('a webhook secret is whsec_ and 24 to 64 bytes in base64')
  return key
}

export function signWebhook(keys: readonly Buffer[], id: string, at: Date, body: string) {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const signed = `${id}.${timestamp}.${body}`
  const signatures = keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`)
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  }
}
