import { expect, test } from 'vitest'
import { signCcp } from '../../../src/vendors/ccp/signature.ts'
import vectors from '../../fixtures/signatures.json' with { type: 'json' }

test('the account, the token and the time of the known example get its signature', () => {
  const { input, expect: wanted } = vectors['ccp-templatesms-1']
  expect(signCcp(input.accountSid, input.authToken, input.timestamp)).toBe(wanted.sig)
})
