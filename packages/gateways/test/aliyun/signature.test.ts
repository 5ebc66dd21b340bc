import { describe, expect, test } from 'vitest'
import { canonicalQuery, signRpc } from '../../src/aliyun/signature.ts'
import fixture from '../fixtures/aliyun.json' with { type: 'json' }

describe('the RPC signature', () => {
  test.each(fixture.rpc)('signs the vector $id', ({ input, expect: vector }) => {
    const params: Record<string, string> = { ...input.params }
    const { stringToSign, signature } = signRpc(input.method, params, input.accessKeySecret)
    expect(canonicalQuery(params)).toBe(vector.canonicalizedQuery)
    expect({ stringToSign, signature }).toEqual({
      stringToSign: vector.stringToSign,
      signature: vector.signature,
    })
  })
})

describe('the canonical query', () => {
  test('sorts by name and not by name and value', () => {
    expect(canonicalQuery({ b: '1', a: '2', a1: '3', A: '4', 'a-': '5' })).toBe('A=4&a=2&a-=5&a1=3&b=1')
  })

  test('encodes every character except the unreserved ones of RFC 3986', () => {
    expect(canonicalQuery({ q: "-._~ !'()*+%&=码🙂" })).toBe(
      'q=-._~%20%21%27%28%29%2A%2B%25%26%3D%E7%A0%81%F0%9F%99%82',
    )
  })
})
