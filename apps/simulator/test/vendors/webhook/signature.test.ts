import { expect, test } from 'vitest'
import { isSignedWebhook, readSecrets } from '../../../src/vendors/webhook/signature.ts'
import vectors from '../../fixtures/signatures.json' with { type: 'json' }

test.each(['standard-webhooks-official', 'standard-webhooks-sms'] as const)(
  'the signature of %s is valid only for its id and its version',
  (id) => {
    const { input, expect: wanted } = vectors[id]
    const signed = { id: input['webhook-id'], timestamp: input['webhook-timestamp'], body: input.body }
    const secrets = readSecrets(input.secret)
    const signature = wanted['webhook-signature']
    expect(isSignedWebhook(secrets, signature, signed)).toBe(true)
    expect(isSignedWebhook(secrets, signature, { ...signed, id: 'other' })).toBe(false)
    expect(isSignedWebhook(secrets, signature.replace('v1,', 'v1a,'), signed)).toBe(false)
  },
)
