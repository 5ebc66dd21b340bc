// The Standard Webhooks signature: an HMAC over id, time and body. Several secrets are valid while one replaces another.
import { createHmac } from 'node:crypto'

type Signable = { id: string; timestamp: string; body: string }

/** Reads a comma-separated list of secrets. Each is `whsec_` and the key in base64. */
export function readSecrets(list: string): Buffer[] {
  return list.split(',').map((secret) => Buffer.from(secret.trim().replace(/^whsec_/, ''), 'base64'))
}

export function signWebhook(secret: Buffer, { id, timestamp, body }: Signable): string {
  return `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}

/** A header holds one or more signatures, separated by blanks. One valid signature is enough. */
export function isSignedWebhook(secrets: readonly Buffer[], header: string, signed: Signable): boolean {
  const given = header.split(' ')
  return secrets.some((secret) => given.includes(signWebhook(secret, signed)))
}
