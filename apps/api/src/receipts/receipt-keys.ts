import { createPrivateKey, createPublicKey } from 'node:crypto'
import type { Keyring } from '@sms-codes/core/keyring'

// What stands before the 32 secret bytes of an Ed25519 key in PKCS #8 (RFC 8410).
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The public half of a key, as `/.well-known/jwks.json` shows it. */
export type PublicJwk = { kty: 'OKP'; crv: 'Ed25519'; x: string; kid: string; alg: 'EdDSA'; use: 'sig' }

/**
 * The Ed25519 keys that sign receipts, one for each code key and under its id: they are derived from the
 * code keys, so every API process has the same ones, they rotate together, and there is no other secret.
 */
export function createReceiptKeys(keyring: Keyring) {
  const ring = keyring.secrets('receipt signature').map(({ kid, secret }) => {
    const der = Buffer.concat([PKCS8_ED25519, Buffer.from(secret, 'base64url')])
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
    const jwk: PublicJwk = { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' }
    return { kid, privateKey, jwk }
  })
  const [current] = ring
  if (current === undefined) throw new Error('receipts need at least one code key')
  return {
    /** The newest one; it signs. */
    current,
    jwks: ring.map(({ jwk }) => jwk),
  }
}
export type ReceiptKeys = ReturnType<typeof createReceiptKeys>
