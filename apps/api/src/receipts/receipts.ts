import { sign } from 'node:crypto'
import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { createLocalJWKSet, decodeProtectedHeader, errors, jwtVerify } from 'jose'
import { phoneOf } from '@sms-codes/core/codes/send'
import { MissingKeyError, type Keyring } from '@sms-codes/core/keyring'
import { isKeyUsed } from '@sms-codes/core/redis/key-faults'
import { keys } from '@sms-codes/core/redis/keys'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { createScript } from '@sms-codes/core/redis/script'
import type { ReceiptKeys } from './receipt-keys.ts'

const ISSUER = 'sms-codes'
const ALGORITHM = 'EdDSA'
const LIFE_SECONDS = 600

/**
 * A receipt is a compact JWS. The 64 bytes of the signature leave four bits of the last character unused. The pattern
 * accepts only a last character in which these bits are 0.
 */
export const RECEIPT_PATTERN = '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{85}[AQgw]$'

/** The claims of a receipt: phone (by pseudonym), scene, back ends, channel, request and time of a verified code. */
const Claims = Type.Object({
  iss: Type.Literal(ISSUER),
  sub: Type.String(),
  scene: Type.String(),
  aud: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
  assurance: Type.Union([Type.Literal('sms'), Type.Literal('email')]),
  rid: Type.String(),
  jti: Type.String(),
  iat: Type.Integer(),
  exp: Type.Integer(),
})
export type Claims = Static<typeof Claims>

type VerifiedCode = Pick<Claims, 'scene' | 'assurance' | 'rid'> & {
  /** When the code was verified, ms since 1970 by the clock of Redis. */
  at: number
  /** The names of the back ends for which the receipt is; empty for all back ends. */
  audience: readonly string[]
}

/**
 * A receipt is the signed answer to a successful verify. The front end passes the receipt to its back end. The back
 * end checks it offline with the public keys, or redeems it once at the API. A receipt does not contain the number.
 */
export function createReceipts(redis: RedisClient, keyring: Keyring, ring: ReceiptKeys) {
  const redeemScript = createScript(redis, new URL('./redeem.lua', import.meta.url))
  const publicKeys = createLocalJWKSet({ keys: ring.jwks })
  const { kid: currentKid, privateKey } = ring.current
  const header = encode({ alg: ALGORITHM, kid: currentKid })

  return {
    jwks: ring.jwks,

    /**
     * Issues a receipt of a verified code. All receipts of a code have one `jti`, so only one can be redeemed. The
     * receipt is signed at once: `SignJWT` of jose signs in another thread, and then a verify takes 17 % more CPU time.
     */
    issue({ scene, assurance, rid, at, audience }: VerifiedCode): string {
      const iat = Math.floor(at / 1000)
      const aud = audience.length > 1 ? [...audience] : audience[0]
      const claims: Claims = {
        scene,
        assurance,
        rid,
        ...(aud !== undefined && { aud }),
        iss: ISSUER,
        sub: phoneOf(rid),
        jti: keyring.pseudonym(`receipt|${rid}`),
        iat,
        exp: iat + LIFE_SECONDS,
      }
      const signed = `${header}.${encode(claims)}`
      return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`
    },

    /**
     * Reads a receipt. Returns null if the signature is not ours, a claim is missing, or the receipt has expired.
     * @throws MissingKeyError if another process has used the key of the receipt, StoreError
     */
    async read(receipt: string): Promise<Claims | null> {
      try {
        const { payload } = await jwtVerify(receipt, publicKeys, { algorithms: [ALGORITHM] })
        return Value.Check(Claims, payload) ? payload : null
      } catch (err) {
        if (!(err instanceof errors.JOSEError)) throw err
        const { kid } = err instanceof errors.JWKSNoMatchingKey ? decodeProtectedHeader(receipt) : {}
        if (kid !== undefined && (await isKeyUsed(redis, kid))) throw new MissingKeyError(kid)
        return null
      }
    },

    isOf: ({ sub }: Claims, mobile: string): boolean => sub === keyring.pseudonym(mobile),

    /** Redeems a receipt. Only one call gets `redeemed`. @throws StoreError */
    async redeem({ jti, exp }: Claims): Promise<'redeemed' | 'used' | 'expired'> {
      const { kind } = await redeemScript([keys.redeemed(jti)], [exp * 1000])
      return kind === 'redeemed' || kind === 'expired' ? kind : 'used'
    },
  }
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
