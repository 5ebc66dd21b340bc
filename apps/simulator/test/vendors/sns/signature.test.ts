import { expect, test } from 'vitest'
import { readSigV4 } from '../../../src/vendors/sns/signature.ts'
import vectors from '../../fixtures/signatures.json' with { type: 'json' }

const { input, expect: wanted } = vectors['aws-sigv4-get-vanilla']

const request = (method: string) => ({
  method,
  account: '',
  query: new URLSearchParams(),
  headers: {
    host: input.headers.Host,
    'x-amz-date': input.headers['X-Amz-Date'],
    authorization: wanted.authorization,
  },
  body: '',
})

test('the signature of the published example is valid only for its secret and its method', () => {
  const signature = readSigV4(request('GET'))
  expect(signature).toMatchObject({ keyId: input.ak, region: input.region, service: input.service })
  expect(signature?.isSignedWith(input.sk)).toBe(true)
  expect(signature?.isSignedWith('another')).toBe(false)
  expect(readSigV4(request('POST'))?.isSignedWith(input.sk)).toBe(false)
})
