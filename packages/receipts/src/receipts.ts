import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose'

/** The claims of a receipt. docs/receipts.md explains each of them. */
export type Claims = JWTPayload &
  Record<'sub' | 'scene' | 'rid' | 'jti', string> & { assurance: 'sms' | 'email' }
export type ReceiptCheck = (receipt: unknown) => Promise<Claims>
type Reason = 'expired' | 'invalid' | 'other_scene' | 'other_back_end' | 'keys_unreachable'

/** The check did not accept a receipt. Only with the reason `keys_unreachable` can the same receipt pass later. */
export class ReceiptError extends Error {
  override name = 'ReceiptError'
  readonly reason: Reason
  constructor(reason: Reason, options?: ErrorOptions) {
    super(`the receipt is not accepted: ${reason.replaceAll('_', ' ')}`, options)
    this.reason = reason
  }
}

type Expected = {
  /** The address of the service. Its public keys are at `/.well-known/jwks.json` below it. */
  baseUrl: string
  scene: string
  /** The name of this back end's API key, if the key is bound to scenes. */
  name?: string
}
const KEY_FAULTS = [errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys]
const CLAIMS = ['sub', 'scene', 'assurance', 'rid', 'jti', 'iat', 'exp']

/** The check that this returns rejects with a ReceiptError unless the receipt is genuine, unexpired and as expected. */
export function createReceiptCheck({ baseUrl, scene, name }: Expected): ReceiptCheck {
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}/.well-known/jwks.json`)
  // Forged receipts cause at most one request in 30 s, or one at a time while requests fail.
  const keys = createRemoteJWKSet(url, { cacheMaxAge: 300_000, cooldownDuration: 30_000 })
  const keyOf: JWTVerifyGetKey = (header, token) =>
    keys(header, token).catch((cause: unknown) => {
      throw KEY_FAULTS.some((fault) => cause instanceof fault)
        ? cause
        : new ReceiptError('keys_unreachable', { cause })
    })
  const rules = {
    issuer: 'sms-codes',
    algorithms: ['EdDSA'],
    requiredClaims: CLAIMS,
    ...(name !== undefined && { audience: name }),
  }
  return async (receipt) => {
    if (typeof receipt !== 'string') throw new ReceiptError('invalid')
    const { payload } = await jwtVerify<Claims>(receipt, keyOf, rules).catch((cause: unknown) => {
      throw cause instanceof ReceiptError ? cause : new ReceiptError(reasonOf(cause), { cause })
    })
    if (name === undefined && payload.aud !== undefined) throw new ReceiptError('other_back_end')
    if (payload.scene !== scene) throw new ReceiptError('other_scene')
    return payload
  }
}

function reasonOf(err: unknown): Reason {
  if (err instanceof errors.JWTExpired) return 'expired'
  return err instanceof errors.JWTClaimValidationFailed && err.claim === 'aud' ? 'other_back_end' : 'invalid'
}
