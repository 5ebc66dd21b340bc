import * as fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { readSecret, signWebhook } from '../../src/webhook/signature.ts'
import fixture from '../fixtures/webhook.json' with { type: 'json' }

const secretOf = (bytes: Uint8Array) => `whsec_${Buffer.from(bytes).toString('base64')}`

describe('Standard Webhooks', () => {
  test.each(fixture.vectors)('the signature of the vector $id', ({ input, expect: expected }) => {
    const at = new Date(Number(input['webhook-timestamp']) * 1000 + 999)
    const headers = signWebhook([readSecret(input.secret)], input['webhook-id'], at, input.body)
    expect(headers).toEqual({
      'webhook-id': input['webhook-id'],
      'webhook-timestamp': input['webhook-timestamp'],
      'webhook-signature': expected['webhook-signature'],
    })
  })

  test('for any secrets, id, time and body, what the library of the standard makes of them', () => {
    const secrets = fc.array(fc.uint8Array({ minLength: 24, maxLength: 64 }), { minLength: 1, maxLength: 3 })
    const at = fc.date({ min: new Date(0), max: new Date('2200-01-01'), noInvalidDate: true })
    const text = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(secrets, fc.stringMatching(/^[0-9a-z]{1,32}$/), at, text, (bytes, id, time, body) => {
        const keys = bytes.map((key) => readSecret(secretOf(key)))
        const expected = bytes.map((key) => new Webhook(secretOf(key)).sign(id, time, body))
        expect(signWebhook(keys, id, time, body)['webhook-signature']).toBe(expected.join(' '))
      }),
    )
  })

  test('while a secret is changed, who has either of the two can verify', () => {
    const [older, newer, other] = [1, 2, 3].map((byte) => secretOf(new Uint8Array(32).fill(byte)))
    const headers = signWebhook(
      [older, newer].map((secret = '') => readSecret(secret)),
      'a1',
      new Date(),
      '{}',
    )
    for (const secret of [older, newer]) expect(new Webhook(secret ?? '').verify('{}', headers)).toEqual({})
    expect(() => new Webhook(other ?? '').verify('{}', headers)).toThrow('No matching signature')
  })

  test.each([
    '',
    'whsec_',
    'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    `whsec_${'A'.repeat(31)}`,
    `whsec_${'A'.repeat(88)}`,
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa_-',
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ',
    'whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  ])('a secret that is none is refused, and not repeated: %j', (secret) => {
    expect(() => readSecret(secret)).toThrow(/^a webhook secret is whsec_ and 24 to 64 bytes in base64$/)
  })
})
