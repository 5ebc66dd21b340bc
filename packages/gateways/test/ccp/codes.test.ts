import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classOfCcpCode, isKnownCcpCode } from '../../src/ccp/codes.ts'
import { outcomeClasses } from '../../src/gateway.ts'
import fixture from '../fixtures/ccp.json' with { type: 'json' }

const rows = fixture.codes.flatMap((row) => codesOf(row.code).map((code) => ({ ...row, code })))

describe('CCP codes', () => {
  test.each(fixture.codes)('$code is $class ($note)', (row) => {
    for (const code of codesOf(row.code)) expect(classOfCcpCode(code)).toBe(row.class)
  })

  test('the table contains these codes and no others', () => {
    const listed = new Set(rows.map((row) => row.code).filter((code) => /^\d{6}$/.test(code)))
    const all = Array.from({ length: 1_000_000 }, (_, code) => String(code).padStart(6, '0'))
    expect(all.filter(isKnownCcpCode)).toEqual([...listed].toSorted())
  })

  test('any string has a class, and only 000000 is accepted', () => {
    const named = fc.constantFrom('__proto__', 'constructor', 'toString', '', '0', '000000 ', ' 000000')
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), named), (code) => {
        expect(outcomeClasses).toContain(classOfCcpCode(code))
        expect(classOfCcpCode(code) === 'accepted').toBe(code === '000000')
        expect(isKnownCcpCode(code) || classOfCcpCode(code) === 'switch_now').toBe(true)
      }),
    )
  })
})

function codesOf(row: string): string[] {
  const [first, last] = row.split('-').map(Number)
  if (!/^\d{6}-\d{6}$/.test(row) || first === undefined || last === undefined) return row.split('/')
  return Array.from({ length: last - first + 1 }, (_, step) => String(first + step))
}
