import { createPrivateKey, createPublicKey } from 'node:crypto'
import { Type, type Static } from '@sinclair/typebox'
import type { Keyring } from '@sms-codes/core/keyring'

// The bytes before the 32 secret bytes of an Ed25519 key in PKCS #8 (RFC 8410).
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

const is = <const Value extends string>(value: Value, description: string) =>
  Type.Literal(value, { description, examples: [value] })

/** The public part of a key, as `/.well-known/jwks.json` publishes it. */
export const PublicJwk = Type.Object({
  kty: is('OKP', 'kind of the key'),
  crv: is('Ed25519', 'curve'),
  x: Type.String({
    description: 'public key, base64url',
    examples: ['11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'],
  }),
  kid: Type.String({ description: 'id of the key, which a receipt names', examples: ['k1'] }),
  alg: is('EdDSA', 'algorithm of the signature'),
  use: is('sig', 'the key is for signatures'),
})

/**
 * The Ed25519 keys that sign receipts. Each is derived from one code key and has the id of that code key. So all API
 * processes have the same keys, the keys rotate with the code keys, and operators have no further secret to manage.
 */
export function createReceiptKeys(keyring: Keyring) {
  const ring = keyring.secrets('receipt signature').map(({ kid, secret }) => {
    const der = Buffer.concat([PKCS8_ED25519, Buffer.from(secret, 'base64url')])
    const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' })
    const jwk: Static<typeof PublicJwk> = { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' }
    return { kid, privateKey, jwk }
  })
  const [current] = ring
  if (current === undefined) throw new Error('receipts need at least one code key')
  // The first key of the ring is the newest one. New receipts are signed with it.
  return { current, jwks: ring.map(({ jwk }) => jwk) }
}
export type ReceiptKeys = ReturnType<typeof createReceiptKeys>
