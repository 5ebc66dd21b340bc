import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKeyring, randomCode } from '../src/keyring.ts'
import { keys } from '../src/redis/keys.ts'

const key = (kid: string) => ({ kid, key: randomBytes(32) })
const phoneKey = randomBytes(32)
const [first, second] = [key('a'), key('b')]
const ring = createKeyring({ phoneKey, codeKeys: [first, second] })

const mobile = fc.stringMatching(/^1[3-9][0-9]{9}$/)
const scene = fc.constantFrom('default', 'register', 'login', 'reset_password')
const code = fc.stringMatching(/^[0-9]{6}$/)

describe('a sealed box', () => {
  it('opens to what went in, for its own request only', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (clear, rid) => {
        const box = ring.seal(clear, rid)
        expect(ring.open(box, rid)).toBe(clear)
        expect(ring.open(box, `${rid}x`)).toBeNull()
      }),
    )
  })

  it('does not open with any one bit flipped, or cut', () => {
    const box = ring.seal('13800138000123456', 'rid')
    const raw = Buffer.from(box.slice(2), 'base64url')
    for (let bit = 0; bit < raw.length * 8; bit++) {
      const flipped = Buffer.from(raw)
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(ring.open(`a.${flipped.toString('base64url')}`, 'rid')).toBeNull()
    }
    for (let cut = 1; cut <= raw.length; cut++)
      expect(ring.open(`a.${raw.subarray(0, -cut).toString('base64url')}`, 'rid')).toBeNull()
  })

  it('is never the same twice', () => {
    const boxes = Array.from({ length: 10_000 }, () => ring.seal('x', 'rid'))
    expect(new Set(boxes).size).toBe(boxes.length)
  })

  it('of an older key opens while that key is in the ring', () => {
    const box = createKeyring({ phoneKey, codeKeys: [second] }).seal('x', 'rid')
    expect(ring.open(box, 'rid')).toBe('x')
    expect(createKeyring({ phoneKey, codeKeys: [first] }).open(box, 'rid')).toBeNull()
  })

  it('that is no box at all does not open', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(ring.open(text, 'rid')).toBeNull()
      }),
    )
  })
})

describe('a digest', () => {
  it('differs where nothing but the phone, the scene or the code does', () => {
    fc.assert(
      fc.property(mobile, scene, code, mobile, scene, code, (m, s, c, otherM, otherS, otherC) => {
        const { digest } = ring.digest(m, s, c)
        expect(ring.digest(otherM, s, c).digest === digest).toBe(otherM === m)
        expect(ring.digest(m, otherS, c).digest === digest).toBe(otherS === s)
        expect(ring.digest(m, s, otherC).digest === digest).toBe(otherC === c)
      }),
    )
  })

  it('is made once per key, the newest first', () => {
    const digests = ring.digests('13800138000', 'default', '123456')
    expect(digests.map(({ kid }) => kid)).toEqual(['a', 'b'])
    expect(digests[0]).toEqual(ring.digest('13800138000', 'default', '123456'))
    expect(new Set(digests.map(({ digest }) => digest)).size).toBe(2)
  })
})

describe('a secret for another purpose', () => {
  it('comes from every code key, the newest first, and says nothing about the others', () => {
    const [ofFirst, ofSecond] = ring.secrets('a')
    expect(createKeyring({ phoneKey, codeKeys: [second] }).secrets('a')).toEqual([ofSecond])
    expect([ofFirst?.kid, ofSecond?.kid]).toEqual(['a', 'b'])
    const all = [...ring.secrets('a'), ...ring.secrets('b')].map(({ secret }) => secret)
    expect(new Set(all).size).toBe(4)
  })
})

describe('a pseudonym', () => {
  it('makes a well-formed key of anything, and another for another', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(keys.sends(ring.pseudonym(a))).toMatch(/^sms:\{[A-Za-z0-9_-]{22}\}:sends$/)
        expect(ring.pseudonym(a) === ring.pseudonym(b)).toBe(a === b)
      }),
    )
  })

  it('is that of the phone key, and the same in every release: the limits of a phone outlive one', () => {
    const under = (byte: number) => createKeyring({ phoneKey: Buffer.alloc(32, byte), codeKeys: [first] })
    // HMAC-SHA256 by openssl.
    expect(under(1).pseudonym('13800138000')).toBe('3R3Zf5VkYoxXNRhxEQW3cM')
    expect(under(2).pseudonym('13800138000')).not.toBe('3R3Zf5VkYoxXNRhxEQW3cM')
  })
})

describe('a code', () => {
  it('has the length asked for and every digit equally often', () => {
    const counts = Array<number>(10).fill(0)
    const samples = 100_000
    for (let i = 0; i < samples; i++) {
      const made = randomCode(6)
      if (!/^[0-9]{6}$/.test(made)) throw new Error(`not a code: ${made.length} characters`)
      for (const digit of made) counts[Number(digit)] = (counts[Number(digit)] ?? 0) + 1
    }
    const expected = (samples * 6) / 10
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // 9 degrees of freedom: above 50 by chance once in ten million runs.
    expect(chiSquare).toBeLessThan(50)
    expect(randomCode(10)).toMatch(/^[0-9]{10}$/)
  })
})
