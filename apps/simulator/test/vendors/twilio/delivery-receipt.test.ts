import { expect, test } from 'vitest'
import { signTwilio } from '../../../src/vendors/twilio/delivery-receipt.ts'
import vectors from '../../fixtures/signatures.json' with { type: 'json' }

test.each([
  'twilio-spec-form',
  'twilio-spec-form-443',
  'twilio-spec-http-80',
  'twilio-spec-http-1234',
  'twilio-doc-form',
  'twilio-status-callback',
] as const)('the form of %s gets the signature that Twilio gives it', (id) => {
  const { input, expect: wanted } = vectors[id]
  expect(signTwilio(input.authToken, input.url, { ...input.params })).toBe(wanted['X-Twilio-Signature'])
})
