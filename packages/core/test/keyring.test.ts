import { createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKeyring, MissingKeyError, randomCode } from '../src/keyring.ts'
import { keys } from '../src/redis/keys.ts'

const key = (kid: string) => ({ kid, key: randomBytes(32) })
const phoneKey = randomBytes(32)
const [first, second] = [key('a'), key('b')]
const ring = createKeyring({ phoneKey, codeKeys: [first, second] })

const guess = fc.record({
  mobile: fc.stringMatching(/^1[3-9][0-9]{9}$/),
  scene: fc.constantFrom('default', 'register', 'login', 'reset_password'),
  code: fc.stringMatching(/^[0-9]{6}$/),
})

describe('a sealed box', () => {
  it('opens to the text that was sealed, for its own request only', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (clear, rid) => {
        const box = ring.seal(clear, rid)
        expect(ring.open(box, rid)).toBe(clear)
        expect(ring.open(box, `${rid}x`)).toBeNull()
      }),
    )
  })

  it('does not open after a bit was flipped or its end was cut off', () => {
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

  it('differs each time, even for the same text', () => {
    const boxes = Array.from({ length: 10_000 }, () => ring.seal('x', 'rid'))
    expect(new Set(boxes).size).toBe(boxes.length)
  })

  it('of an older key opens while that key is in the key ring', () => {
    const box = createKeyring({ phoneKey, codeKeys: [second] }).seal('x', 'rid')
    expect(ring.open(box, 'rid')).toBe('x')
    const withoutKey = createKeyring({ phoneKey, codeKeys: [first] })
    expect(() => withoutKey.open(box, 'rid')).toThrow(new MissingKeyError('b'))
  })

  it('that is arbitrary text does not open', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(ring.open(text, 'rid')).toBeNull()
      }),
    )
  })
})

describe('a digest', () => {
  it('differs if only the phone, the scene or the code differs', () => {
    fc.assert(
      fc.property(guess, guess, (one, other) => {
        const { digest } = ring.digest(one.mobile, one.scene, one.code)
        const isSame = (mobile: string, scene: string, code: string) =>
          ring.digest(mobile, scene, code).digest === digest
        expect(isSame(other.mobile, one.scene, one.code)).toBe(other.mobile === one.mobile)
        expect(isSame(one.mobile, other.scene, one.code)).toBe(other.scene === one.scene)
        expect(isSame(one.mobile, one.scene, other.code)).toBe(other.code === one.code)
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
  it('is derived from every code key, the newest first, and differs from those for other purposes', () => {
    const [ofFirst, ofSecond] = ring.secrets('a')
    expect(createKeyring({ phoneKey, codeKeys: [second] }).secrets('a')).toEqual([ofSecond])
    expect([ofFirst?.kid, ofSecond?.kid]).toEqual(['a', 'b'])
    const all = [...ring.secrets('a'), ...ring.secrets('b')].map(({ secret }) => secret)
    expect(new Set(all).size).toBe(4)
  })
})

describe('a pseudonym', () => {
  it('makes a well-formed Redis key of any text, and different keys of different texts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (one, other) => {
        expect(keys.sends(ring.pseudonym(one))).toMatch(/^sms:\{[A-Za-z0-9_-]{22}\}:sends$/)
        expect(ring.pseudonym(one) === ring.pseudonym(other)).toBe(one === other)
      }),
    )
  })

  it('depends on the phone key alone and never changes between releases, so that limits survive an upgrade', () => {
    const under = (byte: number) => createKeyring({ phoneKey: Buffer.alloc(32, byte), codeKeys: [first] })
    // Computed by openssl as HMAC-SHA256.
    expect(under(1).pseudonym('13800138000')).toBe('3R3Zf5VkYoxXNRhxEQW3cM')
    expect(under(2).pseudonym('13800138000')).not.toBe('3R3Zf5VkYoxXNRhxEQW3cM')
  })
})

describe('a code', () => {
  it('has the requested length, and every digit is equally frequent', () => {
    const countOfDigit = Array<number>(10).fill(0)
    const samples = 100_000
    for (let i = 0; i < samples; i++) {
      const code = randomCode(6)
      if (!/^[0-9]{6}$/.test(code)) throw new Error('randomCode(6) did not return six digits')
      for (const digit of code) countOfDigit[Number(digit)] = (countOfDigit[Number(digit)] ?? 0) + 1
    }
    const expected = (samples * 6) / 10
    const chiSquare = countOfDigit.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    // With 9 degrees of freedom, chance exceeds 50 once in ten million runs.
    expect(chiSquare).toBeLessThan(50)
    expect(randomCode(10)).toMatch(/^[0-9]{10}$/)
  })
})

it('a mainland number has the pseudonym and the digests of its eleven digits, as in the versions before', () => {
  const [mobile, digits] = ['+8613800138000', '13800138000']
  const pseudonym = createHmac('sha256', phoneKey).update(digits).digest('base64url').slice(0, 22)
  expect(ring.pseudonym(mobile)).toBe(pseudonym)
  expect(ring.digest(mobile, 'login', '123456')).toEqual(ring.digest(digits, 'login', '123456'))
  expect(ring.pseudonym('+85291234567')).not.toBe(ring.pseudonym('85291234567'))
})
