import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { createLocalJWKSet, errors, jwtVerify, SignJWT } from 'jose'
import type { Keyring } from '@sms-codes/core/keyring'
import { keys } from '@sms-codes/core/redis/keys'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { createScript } from '@sms-codes/core/redis/script'
import type { ReceiptKeys } from './receipt-keys.ts'

const ISSUER = 'sms-codes'
const ALGORITHM = 'EdDSA'
const LIFE_SECONDS = 600

export const Assurance = Type.Union([Type.Literal('sms'), Type.Literal('email')])

/**
 * A compact JWS. Its 64 bytes of signature leave four bits of the last character unused; only their one
 * canonical spelling is let through.
 */
export const RECEIPT_PATTERN = '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{85}[AQgw]$'

/** Which phone (by pseudonym) proved itself for which scene, over which channel, in which request and when. */
const Claims = Type.Object({
  iss: Type.Literal(ISSUER),
  sub: Type.String(),
  scene: Type.String(),
  assurance: Assurance,
  rid: Type.String(),
  jti: Type.String(),
  iat: Type.Integer(),
  exp: Type.Integer(),
})
export type Claims = Static<typeof Claims>

type Proof = Pick<Claims, 'scene' | 'assurance' | 'rid'> & { mobile: string; at: number }

/**
 * What a successful verify hands out: a signed statement that the front end carries to its back end, which
 * checks it offline with the public keys or redeems it here, once. It never holds the number.
 */
export function createReceipts(redis: RedisClient, keyring: Keyring, ring: ReceiptKeys) {
  const redeemScript = createScript(redis, new URL('./redeem.lua', import.meta.url))
  const publicKeys = createLocalJWKSet({ keys: ring.jwks })
  return {
    jwks: ring.jwks,

    /**
     * @param proof `at` is when the code was verified, in ms by the clock of Redis; issued again for the same
     *   code the receipt is the same, so it can be redeemed once all the same
     */
    async issue(proof: Proof): Promise<string> {
      const { mobile, scene, assurance, rid, at } = proof
      const iat = Math.floor(at / 1000)
      return new SignJWT({ scene, assurance, rid })
        .setProtectedHeader({ alg: ALGORITHM, kid: ring.current.kid })
        .setIssuer(ISSUER)
        .setSubject(keyring.pseudonym(mobile))
        .setJti(keyring.pseudonym(`receipt|${rid}`))
        .setIssuedAt(iat)
        .setExpirationTime(iat + LIFE_SECONDS)
        .sign(ring.current.privateKey)
    },

    /** What a receipt says, or null when it is not ours, not whole or no longer valid. */
    async read(receipt: string): Promise<Claims | null> {
      try {
        const { payload } = await jwtVerify(receipt, publicKeys, { algorithms: [ALGORITHM] })
        return Value.Check(Claims, payload) ? payload : null
      } catch (err) {
        if (err instanceof errors.JOSEError) return null
        throw err
      }
    },

    isOf: ({ sub }: Claims, mobile: string): boolean => sub === keyring.pseudonym(mobile),

    /** Spends a receipt: `redeemed` for one caller only. @throws StoreError */
    async redeem({ jti, exp }: Claims): Promise<'redeemed' | 'used' | 'expired'> {
      const { kind } = await redeemScript([keys.redeemed(jti)], [exp * 1000])
      return kind === 'redeemed' || kind === 'expired' ? kind : 'used'
    },
  }
}
export type Receipts = ReturnType<typeof createReceipts>
