import { describe, expect, it } from 'vitest'
import { createKeyring } from '@sms-codes/core/keyring'
import { createReceiptKeys } from '../../src/receipts/receipt-keys.ts'

const codeKey = (kid: string, byte: number) => ({ kid, key: Buffer.alloc(32, byte) })

describe('the keys of receipts', () => {
  it('depend only on the code keys, so they are the same in every process and release', () => {
    const { current, jwks } = createReceiptKeys(
      createKeyring({ phoneKey: Buffer.alloc(32, 3), codeKeys: [codeKey('b', 2), codeKey('a', 1)] }),
    )
    expect(current.kid).toBe('b')
    // Computed with HKDF-SHA256 and Ed25519 of Python's `cryptography`.
    expect(jwks).toEqual(
      [
        { kid: 'b', x: '4dt-Xtb3RvGsk2Jno2ddpA9Qo5icunjMr8Qd5lYNvqs' },
        { kid: 'a', x: 'TUiHQ7km7svD8cpcwoFqxc0HadDMMvxRRASM2AKGZI8' },
      ].map((key) => ({ kty: 'OKP', crv: 'Ed25519', ...key, alg: 'EdDSA', use: 'sig' })),
    )
  })
})
