import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classOfTwilioCode } from '../../src/twilio/codes.ts'
import fixture from '../fixtures/twilio.json' with { type: 'json' }

const rows = fixture.codes.filter((row) => /^\d/.test(row.code))

describe('Twilio codes', () => {
  test.each(rows)('$code is $class ($note)', (row) => {
    expect(classOfTwilioCode(row.code)).toBe(row.class)
  })

  test('the table contains these codes and no others', () => {
    const all = Array.from({ length: 100_000 }, (_, code) => String(code))
    const known = all.filter((code) => classOfTwilioCode(code) !== undefined)
    expect(known).toEqual(rows.map((row) => row.code).toSorted())
  })

  test('no code is an acceptance, and an unlisted string has no class', () => {
    const named = fc.constantFrom('__proto__', 'constructor', '', '20429 ', 'NaN', 'undefined')
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), named), (code) => {
        expect(classOfTwilioCode(code) === undefined || rows.some((row) => row.code === code)).toBe(true)
        expect(['accepted', 'duplicate']).not.toContain(classOfTwilioCode(code))
      }),
    )
  })
})
