import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sealedMessage } from '../../src/codes/sealed-message.ts'
import { createKeyring } from '../../src/keyring.ts'

const keyring = createKeyring({
  phoneKey: randomBytes(32),
  codeKeys: [{ kid: '8letters', key: randomBytes(32) }],
})

describe('a sealed message', () => {
  it('opens as the number and the code that were sealed, whatever their lengths', () => {
    const message = fc.record({
      mobile: fc.stringMatching(/^\+[1-9][0-9]{6,14}$/),
      code: fc.stringMatching(/^[0-9]{4,10}$/),
    })
    fc.assert(
      fc.property(message, (clear) => {
        const sealed = sealedMessage.seal(keyring, 'rid', clear)
        expect(sealedMessage.open(keyring, 'rid', sealed)).toEqual(clear)
        expect(sealedMessage.open(keyring, 'another rid', sealed)).toBeNull()
      }),
    )
  })

  it('has at most 64 characters, which Redis keeps in a listpack, under the longest id of a key', () => {
    const sealed = sealedMessage.seal(keyring, 'rid', { mobile: `+${'8'.repeat(15)}`, code: '12345678' })
    expect(sealed.length).toBeLessThanOrEqual(64)
  })

  it('of a mainland number is that of the version before, which knew no other numbers', () => {
    const message = { mobile: '+8613800138000', code: '012345' }
    const before = keyring.seal('13800138000f012345', 'rid', 'hex')
    expect(sealedMessage.open(keyring, 'rid', before)).toEqual(message)
    const sealed = sealedMessage.seal(keyring, 'rid', message)
    expect(keyring.open(sealed, 'rid', 'hex')).toBe('13800138000f012345')
  })
})
