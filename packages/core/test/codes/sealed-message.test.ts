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
      mobile: fc.stringMatching(/^[0-9]{1,15}$/),
      code: fc.stringMatching(/^[0-9]{1,8}$/),
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
    const sealed = sealedMessage.seal(keyring, 'rid', { mobile: '8'.repeat(15), code: '12345678' })
    expect(sealed.length).toBeLessThanOrEqual(64)
  })

  it('of the version before, whose clear text was JSON, still opens', () => {
    const message = { mobile: '13800138000', code: '012345' }
    const sealed = keyring.seal(JSON.stringify(message), 'rid')
    expect(sealedMessage.open(keyring, 'rid', sealed)).toEqual(message)
  })
})
