// Signs and verifies as in Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over id, time and body with a secret
// that sender and receiver share. While a secret is replaced, requests carry one signature per secret, so that a
// receiver that knows only one secret can verify every request.
import { createHmac } from 'node:crypto'
import { parsed } from '@sms-codes/core/config/decoders'
import { isEqualInConstantTime, type ReceivedCall } from '../delivery-receipt.ts'

/** The accepted difference between the time of a call and our clock. A replay is accepted within it, too. */
const TOLERANCE_MS = 300_000

/** A variable with one or two secrets, decoded to a list of keys. */
export const webhookSecrets = (purpose: string) =>
  parsed((list) => list.split(',').map(readSecret), {
    pattern: '^whsec_[A-Za-z0-9+/]{32,88}={0,2}(,whsec_[A-Za-z0-9+/]{32,88}={0,2})?$',
    description: `secret: whsec_ and 24 to 64 bytes in base64, ${purpose}; two separated by a comma while one replaces the other`,
  })

/** @throws with the reason, never with the secret */
export function readSecret(secret: string): Buffer {
  const [, text = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? []
  const key = Buffer.from(text, 'base64')
  if (key.length < 24 || key.length > 64)
    throw new Error('a webhook secret must be whsec_ and 24 to 64 bytes in base64')
  return key
}

export function signWebhook(keys: readonly Buffer[], id: string, at: Date, body: string) {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': keys.map((key) => signatureOf(key, id, timestamp, body)).join(' '),
  }
}

/** True if the call is recent and one of its signatures is right for one of the keys. */
export function verifyWebhook(keys: readonly Buffer[], { headers, body }: ReceivedCall, now: Date): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return false
  // With a dot in the id, two different combinations of id, time and body would have the same signed text.
  if (!/^[^.]{1,256}$/.test(id) || !/^\d{1,12}$/.test(timestamp)) return false
  if (Math.abs(Number(timestamp) * 1000 - now.getTime()) > TOLERANCE_MS) return false
  return keys.some((key) => {
    const expected = signatureOf(key, id, timestamp, body)
    return signatures.split(' ').some((signature) => isEqualInConstantTime(signature, expected))
  })
}

const signatureOf = (key: Buffer, id: string, timestamp: string, body: string) =>
  `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
