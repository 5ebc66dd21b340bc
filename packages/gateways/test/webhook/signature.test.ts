import * as fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { Value } from '@sinclair/typebox/value'
import { readSecret, signWebhook, webhookSecrets } from '../../src/webhook/signature.ts'
import fixture from '../fixtures/webhook.json' with { type: 'json' }

const secretOf = (bytes: Uint8Array) => `whsec_${Buffer.from(bytes).toString('base64')}`

describe('Standard Webhooks', () => {
  test.each(fixture.vectors)('signs the vector $id', ({ input, expect: expected }) => {
    const at = new Date(Number(input['webhook-timestamp']) * 1000 + 999)
    const headers = signWebhook([readSecret(input.secret)], input['webhook-id'], at, input.body)
    expect(headers).toEqual({
      'webhook-id': input['webhook-id'],
      'webhook-timestamp': input['webhook-timestamp'],
      'webhook-signature': expected['webhook-signature'],
    })
  })

  test('sign any id, time and body with any secrets as the library of the standard does', () => {
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

  test('are verified with either of two secrets while one replaces the other', () => {
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
    'whsec_c2hvcnQ=',
    'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    `whsec_${'A'.repeat(31)}`,
    `whsec_${'A'.repeat(88)}`,
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa_-',
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ',
    'whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  ])('refuse an invalid secret without repeating it: %j', (secret) => {
    expect(() => readSecret(secret)).toThrow(/^a webhook secret must be whsec_ and 24 to 64 bytes in base64$/)
  })

  test('refuse a variable with a secret that is too long, and decode one with two secrets', () => {
    const schema = webhookSecrets('signs tests')
    const good = secretOf(new Uint8Array(24).fill(1))
    expect(() => Value.Decode(schema, `${good},whsec_${'A'.repeat(88)}`)).toThrow('24 to 64 bytes')
    expect(Value.Decode(schema, `${good},${good}`)).toHaveLength(2)
  })
})
