import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Received } from './callback.ts'

/** How far the sender's clock and ours may be apart, and for how long a call that was seen can be repeated. */
const TOLERANCE_MS = 300_000

/**
 * Whether a call is signed as in Standard Webhooks with one of the keys, and lately. It may carry several
 * signatures, for a sender that is changing its secret; one that is right is enough.
 */
export function verifyWebhook(keys: readonly Buffer[], { headers, body }: Received, now: Date): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': shown } = headers
  if (typeof id !== 'string' || typeof seconds !== 'string' || typeof shown !== 'string') return false
  // A dot would let one signed text be cut into id, time and body in two ways.
  if (!/^[^.]{1,256}$/.test(id) || !/^\d{1,12}$/.test(seconds)) return false
  if (Math.abs(Number(seconds) * 1000 - now.getTime()) > TOLERANCE_MS) return false
  const signatures = shown.split(' ').map((signature) => Buffer.from(signature))
  return keys.some((key) => {
    const digest = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')
    const expected = Buffer.from(`v1,${digest}`)
    return signatures.some((one) => one.length === expected.length && timingSafeEqual(one, expected))
  })
}
