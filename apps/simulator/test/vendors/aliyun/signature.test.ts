import { expect, test } from 'vitest'
import { isSigned } from '../../../src/vendors/aliyun/signature.ts'
import vectors from '../../fixtures/signatures.json' with { type: 'json' }

test.each(['aliyun-rpc-official-dysms', 'aliyun-rpc-official-ecs', 'aliyun-rpc-sendsms-post'] as const)(
  'the signature of %s is valid only for its secret and its parameters',
  (id) => {
    const { input, expect: wanted } = vectors[id]
    const params = new Map(Object.entries({ ...input.params, Signature: wanted.signature }))
    expect(isSigned(input.method, params, input.accessKeySecret)).toBe(true)
    expect(isSigned(input.method, params, 'another')).toBe(false)
    params.set('Version', '2017-05-26')
    expect(isSigned(input.method, params, input.accessKeySecret)).toBe(false)
  },
)
