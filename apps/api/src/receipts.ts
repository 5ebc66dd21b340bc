import { randomId, type Keyring } from '@sms-codes/core/keyring'

const LIFE_SECONDS = 600

/**
 * What a successful verify hands out: an opaque signed token that says which phone (by pseudonym) proved
 * itself for which scene, over which channel and when. `<base64url JSON>.<key id>.<signature>`.
 */
export function createReceipts(keyring: Keyring) {
  return {
    issue(mobile: string, scene: string, assurance: 'sms' | 'email'): string {
      const iat = Math.floor(Date.now() / 1000)
      const sub = keyring.pseudonym(mobile)
      const claims = { v: 1, jti: randomId(), sub, scene, assurance, iat, exp: iat + LIFE_SECONDS }
      const text = Buffer.from(JSON.stringify(claims)).toString('base64url')
      return `${text}.${keyring.sign(text)}`
    },
  }
}
export type Receipts = ReturnType<typeof createReceipts>
