import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { outcomeClasses } from '../../src/gateway.ts'
import { classOfTencentCode, isKnownTencentCode } from '../../src/tencent/codes.ts'
import fixture from '../fixtures/tencent.json' with { type: 'json' }

describe('Tencent codes', () => {
  test.each(fixture.codes)('$code is $class ($note)', (row) => {
    const codes = codesOf(row.code)
    expect(codes.length).toBeGreaterThan(0)
    for (const code of codes) expect(classOfTencentCode(code)).toBe(row.class)
    for (const code of codes) expect(isKnownTencentCode(code)).toBe(row.code !== '(any other)')
  })

  test.each([
    ['AuthFailure', 'config'],
    ['RequestLimitExceeded', 'retry_same'],
    ['InternalError', 'ambiguous'],
    ['InvalidParameter', 'config'],
    ['ResourceUnavailable', 'switch_now'],
  ])('an unlisted code of the family %s is %s', (family, cls) => {
    expect(classOfTencentCode(`${family}.NewKind`)).toBe(cls)
    expect(isKnownTencentCode(`${family}.NewKind`)).toBe(true)
    expect(isKnownTencentCode(`${family}NewKind`)).toBe(false)
  })

  test.each(['LimitExceeded', 'FailedOperation', 'InvalidParameterValue', 'UnauthorizedOperation'])(
    'an unlisted code of the family %s is switch_now',
    (family) => {
      expect(classOfTencentCode(`${family}.NewKind`)).toBe('switch_now')
      expect(isKnownTencentCode(`${family}.NewKind`)).toBe(false)
    },
  )

  test('any string has a class, and only Ok is accepted', () => {
    const named = fc.constantFrom(
      '__proto__',
      'constructor',
      'toString',
      '',
      'OK',
      'Ok ',
      ' Ok',
      'Ok.',
      'Ok.Ok',
    )
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), named), (code) => {
        expect(outcomeClasses).toContain(classOfTencentCode(code))
        expect(classOfTencentCode(code) === 'accepted').toBe(code === 'Ok')
        expect(isKnownTencentCode(code) || classOfTencentCode(code) === 'switch_now').toBe(true)
      }),
    )
  })
})

/** A row names one code, several codes, a family with some of its members, or all other codes. */
function codesOf(row: string): string[] {
  if (row === '(any other)') return ['NewKind', 'NewKind.Ok', '']
  const [, family, members] = /^(\w+)\.\* \((.*)\)$/.exec(row) ?? []
  if (family !== undefined && members !== undefined) {
    return members.split(', ').map((member) => `${family}.${member}`)
  }
  if (row.endsWith('*')) return [row.slice(0, -1), `${row.slice(0, -1)}.UinLimitExceeded`]
  return row.split(' / ')
}
