import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { meaningOf } from '../src/code-table.ts'
import { huaweiCodes } from '../src/huawei/codes.ts'
import { snsCodes } from '../src/sns/gateway.ts'
import { vonageCodes } from '../src/vonage/gateway.ts'
import huawei from './fixtures/huawei.json' with { type: 'json' }
import sns from './fixtures/sns.json' with { type: 'json' }
import vonage from './fixtures/vonage.json' with { type: 'json' }
import { message } from './message.ts'

/** The codes of a row, which lists several codes or names a range such as E000020-E000027. */
function codesOf(row: string): string[] {
  const [, first, last] = /^E(\d{6})-E(\d{6})$/.exec(row) ?? []
  if (first === undefined || last === undefined)
    return row.split(' / ').map((code) => code.replace(/ .*/, ''))
  return Array.from(
    { length: Number(last) - Number(first) + 1 },
    (_, step) => `E${String(Number(first) + step).padStart(6, '0')}`,
  )
}

describe.each([
  ['huawei', huawei.codes, huaweiCodes],
  ['vonage', vonage.codes, vonageCodes],
  ['sns', sns.codes, snsCodes],
] as const)('the codes of %s', (_name, fixture, table) => {
  // A row in brackets describes a rule and not a code, and so does the class of E000510.
  const rows = fixture
    .filter((row) => !/^\(|^HTTP/.test(row.code) && !row.class.startsWith('('))
    .flatMap((row) => codesOf(row.code).map((code) => ({ ...row, code })))

  it.each(rows)('$code is $class ($note)', (row) => {
    expect(table.get(row.code)).toBe(row.class)
  })

  it('are these and no others', () => {
    expect([...table.keys()].toSorted()).toEqual(rows.map((row) => row.code).toSorted())
  })

  it('without a listed code are a refusal that says neither the number nor the verification code', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom(message.code, `E${message.code}`, message.mobile))
    fc.assert(
      fc.property(text, (code) => {
        const meaning = meaningOf(table, code, /^\w{1,64}$/, message)
        expect(meaning.isKnown).toBe(table.has(code))
        if (meaning.isKnown) return
        expect(meaning.class).toBe('switch_now')
        expect(meaning.code).not.toContain(message.code)
        expect(meaning.code).not.toContain('13900139000')
      }),
    )
  })
})
