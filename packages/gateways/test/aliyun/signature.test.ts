import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { canonicalQuery, signAcs3, signRpc } from '../../src/aliyun/signature.ts'
import fixture from '../fixtures/aliyun.json' with { type: 'json' }

describe('RPC v1', () => {
  test.each(fixture.rpc)('the signature of $id', ({ input, expect: vector }) => {
    const params: Record<string, string> = { ...input.params }
    const { stringToSign, signature } = signRpc(input.method, params, input.accessKeySecret)
    expect(canonicalQuery(params)).toBe(vector.canonicalizedQuery)
    expect({ stringToSign, signature }).toEqual({
      stringToSign: vector.stringToSign,
      signature: vector.signature,
    })
  })
})

describe('ACS3', () => {
  test.each(fixture.acs3)('the signature of $id', ({ input, expect: vector }) => {
    const { 'x-acs-content-sha256': _digest, ...headers } = input.headers
    const query = canonicalQuery({ ...input.query })
    const key = { accessKeyId: input.ak, accessKeySecret: input.sk }
    const signed = signAcs3(key, { query, headers: { ...headers }, body: input.body ?? '' })
    expect(signed.canonicalRequest).toBe(vector.canonicalRequest)
    expect(createHash('sha256').update(signed.canonicalRequest).digest('hex')).toBe(
      vector.hashedCanonicalRequest,
    )
    expect(signed.stringToSign).toBe(vector.stringToSign)
    expect(signed.headers).toEqual({ ...input.headers, Authorization: vector.authorization })
  })
})

describe('the canonical query', () => {
  test('is sorted by name, not by pair', () => {
    expect(canonicalQuery({ b: '1', a: '2', a1: '3', A: '4', 'a-': '5' })).toBe('A=4&a=2&a-=5&a1=3&b=1')
  })

  test('encodes all but the unreserved characters of RFC 3986', () => {
    expect(canonicalQuery({ q: "-._~ !'()*+%&=码🙂" })).toBe(
      'q=-._~%20%21%27%28%29%2A%2B%25%26%3D%E7%A0%81%F0%9F%99%82',
    )
  })
})
