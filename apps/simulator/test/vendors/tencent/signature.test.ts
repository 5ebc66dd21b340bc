import { expect, test } from 'vitest'
import { readTc3 } from '../../../src/vendors/tencent/signature.ts'
import vectors from '../../fixtures/signatures.json' with { type: 'json' }

test.each([
  'tencent-tc3-official-2headers',
  'tencent-tc3-older-doc',
  'tencent-tc3-sendsms-3headers',
  'tencent-tc3-sendsms-sdk-shape',
] as const)('the signature of %s is valid only for its key and its body', (id) => {
  const { input, expect: wanted } = vectors[id]
  const names = Object.keys(input.headers).join(';')
  const date = new Date(input.timestamp * 1000).toISOString().slice(0, 10)
  const authorization = `TC3-HMAC-SHA256 Credential=${input.ids}/${date}/${input.service}/tc3_request, SignedHeaders=${names}, Signature=${wanted.signature}`
  const request = {
    method: 'POST',
    account: '',
    query: new URLSearchParams(),
    headers: { ...input.headers, 'x-tc-timestamp': String(input.timestamp), authorization },
    body: input.payload,
  }
  expect(readTc3(request)?.secretId).toBe(input.ids)
  expect(readTc3(request)?.isSignedWith(input.key)).toBe(true)
  expect(readTc3(request)?.isSignedWith('another')).toBe(false)
  expect(readTc3({ ...request, body: '{}' })?.isSignedWith(input.key)).toBe(false)
})
