import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classOfAliyunCode, isKnownAliyunCode } from '../../src/aliyun/codes.ts'
import { outcomeClasses } from '../../src/gateway.ts'
import fixture from '../fixtures/aliyun.json' with { type: 'json' }

const listed = fixture.codes.filter((row) => /^[\w.]+$/.test(row.code))
const rules = { isv: '(any other isv.*)', isp: '(any other isp.*)' }

describe('Aliyun codes', () => {
  test.each(listed)('$code is $class ($note)', ({ code, class: cls }) => {
    expect(classOfAliyunCode(code)).toBe(cls)
    expect(isKnownAliyunCode(code)).toBe(true)
  })

  test('the other rows of the list are the rules for unlisted codes', () => {
    const others = fixture.codes.filter((row) => !listed.includes(row))
    expect(others.map((row) => row.code)).toEqual(Object.values(rules))
  })

  test.each([
    ['isv.', rules.isv],
    ['isp.', rules.isp],
  ])('an unlisted %s code has the class of its rule', (prefix, rule) => {
    const cls = fixture.codes.find((row) => row.code === rule)?.class
    fc.assert(
      fc.property(fc.string(), (rest) => {
        fc.pre(!listed.some((row) => row.code === prefix + rest))
        expect(classOfAliyunCode(prefix + rest)).toBe(cls)
        expect(isKnownAliyunCode(prefix + rest)).toBe(false)
      }),
    )
  })

  test('an unlisted throttling code is retry_same', () => {
    expect(classOfAliyunCode('Throttling.Api.Risk')).toBe('retry_same')
    expect(isKnownAliyunCode('Throttling.Api.Risk')).toBe(true)
    expect(classOfAliyunCode('ThrottlingX')).toBe('ambiguous')
  })

  test('any string has a class, only OK is accepted, and an unlisted code without a rule is ambiguous', () => {
    const named = fc.constantFrom('__proto__', 'constructor', 'toString', '', 'ok', 'OK ', ' OK', 'OK.')
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), named), (code) => {
        expect(outcomeClasses).toContain(classOfAliyunCode(code))
        expect(classOfAliyunCode(code) === 'accepted').toBe(code === 'OK')
        const ruled = isKnownAliyunCode(code) || code.startsWith('isv.')
        expect(ruled || classOfAliyunCode(code) === 'ambiguous').toBe(true)
      }),
    )
  })
})
