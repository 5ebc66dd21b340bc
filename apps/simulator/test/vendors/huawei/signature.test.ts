import { expect, test } from 'vitest'
import { readSdkHmac } from '../../../src/vendors/huawei/signature.ts'
import vectors from '../../fixtures/signatures.json' with { type: 'json' }

const { input, expect: wanted } = vectors['huawei-aksk']

const request = (body: string) => ({
  method: input.method,
  account: '',
  query: new URLSearchParams(),
  headers: {
    'content-type': input.headers['Content-Type'],
    host: input.headers.Host,
    'x-sdk-date': input.headers['X-Sdk-Date'],
    authorization: wanted.authorization,
  },
  body,
})

test('the signature of the known example is valid only for its secret and its body', () => {
  const signature = readSdkHmac(request(input.body), input.path)
  expect(signature?.appKey).toBe(input.ak)
  expect(signature?.isSignedWith(input.sk)).toBe(true)
  expect(signature?.isSignedWith('another')).toBe(false)
  expect(readSdkHmac(request(`${input.body}0`), input.path)?.isSignedWith(input.sk)).toBe(false)
})
