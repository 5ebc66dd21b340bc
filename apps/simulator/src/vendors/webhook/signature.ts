// Standard Webhooks: an HMAC over id, time and body, by a secret that is being replaced or the one that replaces it.
import { createHmac } from 'node:crypto'

export type Signable = { id: string; timestamp: string; body: string }

/** The secrets of a comma list: `whsec_` and the key in base64. */
export function readSecrets(list: string): Buffer[] {
  return list.split(',').map((secret) => Buffer.from(secret.trim().replace(/^whsec_/, ''), 'base64'))
}

export function signWebhook(secret: Buffer, { id, timestamp, body }: Signable): string {
  return `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}

/** One good signature is enough; a header may hold several, by blanks. */
export function isSignedWebhook(secrets: readonly Buffer[], header: string, signed: Signable): boolean {
  const given = header.split(' ')
  return secrets.some((secret) => given.includes(signWebhook(secret, signed)))
}
