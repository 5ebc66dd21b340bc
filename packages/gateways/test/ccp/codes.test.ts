import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ccpCodes } from '../../src/ccp/codes.ts'
import { meaningOf } from '../../src/code-table.ts'
import { outcomeClasses } from '../../src/gateway.ts'
import fixture from '../fixtures/ccp.json' with { type: 'json' }
import { message } from '../message.ts'

const rows = fixture.codes.flatMap((row) => codesOf(row.code).map((code) => ({ ...row, code })))

const classOf = (code: string) => meaningOf(ccpCodes, code, /^\d{6}$/, message).class

describe('CCP codes', () => {
  test.each(fixture.codes)('$code is $class ($note)', (row) => {
    for (const code of codesOf(row.code)) expect(classOf(code)).toBe(row.class)
  })

  test('the table contains these codes and no others', () => {
    const listed = new Set(rows.map((row) => row.code).filter((code) => /^\d{6}$/.test(code)))
    const all = Array.from({ length: 1_000_000 }, (_, code) => String(code).padStart(6, '0'))
    expect(all.filter((code) => ccpCodes.has(code))).toEqual([...listed].toSorted())
  })

  test('any string has a class, and only 000000 is accepted', () => {
    const named = fc.constantFrom('__proto__', 'constructor', 'toString', '', '0', '000000 ', ' 000000')
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), named), (code) => {
        expect(outcomeClasses).toContain(classOf(code))
        expect(classOf(code) === 'accepted').toBe(code === '000000')
        expect(ccpCodes.has(code) || classOf(code) === 'switch_now').toBe(true)
      }),
    )
  })
})

function codesOf(row: string): string[] {
  const [first, last] = row.split('-').map(Number)
  if (!/^\d{6}-\d{6}$/.test(row) || first === undefined || last === undefined) return row.split('/')
  return Array.from({ length: last - first + 1 }, (_, step) => String(first + step))
}
