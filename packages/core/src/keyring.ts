import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, randomInt } from 'node:crypto'

/**
 * All cryptography on numbers and codes. The keys are in the environment of our processes and never in Redis, so a
 * reader of Redis can neither list numbers nor test guesses of a code.
 */
export type KeyringOptions = {
  /** 32 bytes. Makes the pseudonyms of phones; a new key starts every phone's limits from zero. */
  phoneKey: Buffer
  /** 32 bytes each, newest first. The first one seals and signs; all of them open and verify. */
  codeKeys: readonly { kid: string; key: Buffer }[]
}

type CodeKey = { kid: string; digestKey: Buffer; sealKey: Buffer }

const IV_BYTES = 12
const TAG_BYTES = 16

export function createKeyring({ phoneKey, codeKeys }: KeyringOptions) {
  const ring = codeKeys.map(({ kid, key }): CodeKey => ({
    kid,
    digestKey: derive(key, 'code digest'),
    sealKey: derive(key, 'code seal'),
  }))
  const [current] = ring
  if (current === undefined) throw new Error('the keyring needs at least one code key')

  return {
    /** The name of a phone or an address in Redis: 22 characters of base64url, 132 bits. */
    pseudonym: (clear: string) =>
      createHmac('sha256', phoneKey).update(clear).digest('base64url').slice(0, 22),

    /** The digest of a code for its record, with the id of the key that made it. */
    digest: (mobile: string, scene: string, code: string) => ({
      kid: current.kid,
      digest: digestWith(current, mobile, scene, code),
    }),

    /** One digest per key of the ring, so that a code issued before a rotation still verifies. */
    digests: (mobile: string, scene: string, code: string) =>
      ring.map((key) => ({ kid: key.kid, digest: digestWith(key, mobile, scene, code) })),

    /** AES-256-GCM: `kid.base64url(iv ciphertext tag)`. The text is bound to `owner` and opens for no other owner. */
    seal(clear: string, owner: string): string {
      const iv = freshBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', current.sealKey, iv).setAAD(Buffer.from(owner))
      const box = Buffer.concat([iv, cipher.update(clear, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return `${current.kid}.${box.toString('base64url')}`
    },

    /** The clear text; null if it was sealed for another owner, with an unknown key, or was changed. */
    open(sealed: string, owner: string): string | null {
      const dot = sealed.indexOf('.')
      const key = ring.find(({ kid }) => kid === sealed.slice(0, dot))
      const box = Buffer.from(sealed.slice(dot + 1), 'base64url')
      if (dot < 1 || key === undefined || box.length < IV_BYTES + TAG_BYTES) return null
      const decipher = createDecipheriv('aes-256-gcm', key.sealKey, box.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAAD(Buffer.from(owner)).setAuthTag(box.subarray(-TAG_BYTES))
      try {
        const clear = decipher.update(box.subarray(IV_BYTES, -TAG_BYTES))
        return Buffer.concat([clear, decipher.final()]).toString('utf8')
      } catch {
        return null
      }
    },

    /** A secret for another purpose, derived from each code key, newest first: 32 bytes in base64url. */
    secrets: (purpose: string) =>
      codeKeys.map(({ kid, key }) => ({ kid, secret: derive(key, purpose).toString('base64url') })),
  }
}
export type Keyring = ReturnType<typeof createKeyring>

/** Uniform over 10^length codes, zero-padded. */
export function randomCode(length: number): string {
  return String(randomInt(10 ** length)).padStart(length, '0')
}

/** 128 random bits in 22 characters of base64url. */
export function randomId(): string {
  return freshBytes(16).toString('base64url')
}

function digestWith(key: CodeKey, mobile: string, scene: string, code: string): string {
  return createHmac('sha256', key.digestKey).update(`${mobile}|${scene}|${code}`).digest('base64url')
}

// A call of the system's random generator costs more than the rest of a seal, so bytes are drawn in advance. Each byte
// is used once.
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

// Several independent keys from one secret in the environment (RFC 5869).
function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `sms-codes ${purpose}`, 32))
}
