import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, randomInt } from 'node:crypto'
import { shortForm } from './mobile.ts'

export type CodeKey = { kid: string; key: Buffer }

export type KeyringOptions = {
  /** 32 bytes. The key makes the pseudonyms of phones. With a new key, every phone has unused limits. */
  phoneKey: Buffer
  /** 32 bytes each, newest first. The first key encrypts and digests new codes. All keys decrypt and verify codes. */
  codeKeys: readonly CodeKey[]
}

/** A text was sealed with a code key that this process does not have. A process that has the key can open the text. */
export class MissingKeyError extends Error {
  override readonly name = 'MissingKeyError'
  constructor(kid: string) {
    super(`CODE_KEYS of this process lacks the key with the id "${kid}", which another process has used`)
  }
}

const IV_BYTES = 12
const TAG_BYTES = 16

/**
 * All cryptography on numbers and codes. The keys are in the environment of our processes and never in Redis, so a
 * reader of Redis can neither list numbers nor test guesses of a code.
 */
export function createKeyring({ phoneKey, codeKeys }: KeyringOptions) {
  const ring = codeKeys.map(({ kid, key }) => {
    const digestKey = derive(key, 'code digest')
    const digest = (mobile: string, scene: string, code: string) => ({
      kid,
      digest: createHmac('sha256', digestKey)
        .update(`${shortForm(mobile)}|${scene}|${code}`)
        .digest('base64url'),
    })
    return { kid, sealKey: derive(key, 'code seal'), digest }
  })
  const [current] = ring
  if (current === undefined) throw new Error('the keyring needs at least one code key')

  return {
    pseudonym: (clear: string) => pseudonymOf(phoneKey, clear),

    /** The ids of the code keys, newest first. */
    keyIds: ring.map(({ kid }) => kid),

    /** The digest of a code for its record, with the id of the key that made it. */
    digest: current.digest,

    /** One digest per key of the ring, so that a code that an older key digested still verifies. */
    digests: (mobile: string, scene: string, code: string) =>
      ring.map(({ digest }) => digest(mobile, scene, code)),

    /** AES-256-GCM: `kid.base64url(iv ciphertext tag)`. The text is bound to `owner` and opens for no other owner. */
    seal(clear: string, owner: string, encoding: 'utf8' | 'hex' = 'utf8'): string {
      const iv = freshBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', current.sealKey, iv).setAAD(Buffer.from(owner))
      const box = Buffer.concat([iv, cipher.update(clear, encoding), cipher.final(), cipher.getAuthTag()])
      return `${current.kid}.${box.toString('base64url')}`
    },

    /** The clear text. Null if the text was sealed for another owner, or was changed. @throws MissingKeyError */
    open(sealed: string, owner: string, encoding: 'utf8' | 'hex' = 'utf8'): string | null {
      const [, kid, text = ''] = /^([a-z0-9]{1,8})\.(.*)$/s.exec(sealed) ?? []
      const box = Buffer.from(text, 'base64url')
      if (kid === undefined || box.length < IV_BYTES + TAG_BYTES) return null
      const sealKey = ring.find((key) => key.kid === kid)?.sealKey
      if (sealKey === undefined) throw new MissingKeyError(kid)
      const options = { authTagLength: TAG_BYTES }
      const decipher = createDecipheriv('aes-256-gcm', sealKey, box.subarray(0, IV_BYTES), options)
      decipher.setAAD(Buffer.from(owner)).setAuthTag(box.subarray(-TAG_BYTES))
      try {
        const clear = decipher.update(box.subarray(IV_BYTES, -TAG_BYTES))
        return Buffer.concat([clear, decipher.final()]).toString(encoding)
      } catch {
        return null
      }
    },

    /** Derives one secret for another purpose from each code key, newest first. Each is 32 bytes in base64url. */
    secrets: (purpose: string) =>
      codeKeys.map(({ kid, key }) => ({ kid, secret: derive(key, purpose).toString('base64url') })),
  }
}
export type Keyring = ReturnType<typeof createKeyring>

/** The name of a phone or an address in Redis: 22 characters of base64url, 132 bits. */
export const pseudonymOf = (phoneKey: Buffer, clear: string) =>
  createHmac('sha256', phoneKey).update(shortForm(clear)).digest('base64url').slice(0, 22)

/** Eight bytes of a key's HMAC over a fixed text. Processes compare them, and they reveal nothing about the key. */
export const keyFingerprint = (key: Buffer) =>
  createHmac('sha256', key).update('sms-codes key fingerprint').digest('hex').slice(0, 16)

/** A random code, uniform over all 10^length codes and padded with zeros. */
export const randomCode = (length: number) => String(randomInt(10 ** length)).padStart(length, '0')

/** 128 random bits in 22 characters of base64url. */
export const randomId = () => freshBytes(16).toString('base64url')

// A call of the system's random generator is slow, so bytes are drawn in advance. Each byte is used once.
let pool = randomBytes(4096)
let used = 0
function freshBytes(count: number): Buffer {
  if (used + count > pool.length) {
    pool = randomBytes(pool.length)
    used = 0
  }
  used += count
  return pool.subarray(used - count, used)
}

// Derives an independent key for each purpose from one key of the environment (HKDF, RFC 5869).
function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `sms-codes ${purpose}`, 32))
}
