import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { MAINLAND_PATTERN, maskMobile, normaliseMobile, scrub } from '../../src/mobile.ts'

const pattern = new RegExp(MAINLAND_PATTERN)
const canonical = /^\+861[3-9][0-9]{9}$/
const mobile = fc.integer({ min: 13_000_000_000, max: 19_999_999_999 }).map(String)

/** A number in another notation, or a text that is nearly a number. */
const variant = fc
  .tuple(mobile, fc.nat(11), fc.string({ unit: 'binary', maxLength: 3 }))
  .chain(([number, at, extra]) =>
    fc.constantFrom(
      number,
      `+86${number}`,
      `86${number}`,
      `0${number}`,
      ` ${number}`,
      `${number}\n`,
      `${number}\u0000`,
      `${number.slice(0, 3)} ${number.slice(3, 7)} ${number.slice(7)}`,
      number.replace(/[0-9]/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
      number.replace(/[0-9]/g, (digit) => String.fromCodePoint(0x0660 + Number(digit))),
      number.slice(0, at),
      number.slice(0, at) + extra + number.slice(at),
      number.slice(0, at) + extra + number.slice(at + 1),
    ),
  )

/** The rule of the pattern, written without one. */
const isCanonical = (text: string) =>
  text.length === 11 &&
  text.startsWith('1') &&
  '3456789'.includes(text.charAt(1)) &&
  text.split('').every((char) => '0123456789'.includes(char))

/** Writes a digit as a person may type it. */
const typedDigit = (digit: string) =>
  fc.constantFrom(
    digit,
    String.fromCodePoint(0xff10 + Number(digit)),
    String.fromCodePoint(0x1d7ce + Number(digit)),
  )
const gap = fc.constantFrom(
  '',
  '',
  ' ',
  '-',
  '\u3000',
  '\u00a0',
  '\u2014',
  '\uff0d',
  '\u200b',
  '\n',
  '(',
  '\uff09',
  '.',
)

describe('a mobile number', () => {
  it('has one canonical form, however its digits are typed', () => {
    const typed = mobile.chain((number) =>
      fc
        .tuple(
          fc.constantFrom('', '+86', '0086', '86', '\uff0b86'),
          ...number.split('').map((digit) => fc.tuple(gap, typedDigit(digit))),
          gap,
        )
        .map((parts) => ({ number, text: parts.flat().join('') })),
    )
    fc.assert(
      fc.property(typed, ({ number, text }) => {
        expect(normaliseMobile(text)).toBe(`+86${number}`)
      }),
    )
  })

  it('is not made of a text with other digits, letters or signs', () => {
    fc.assert(
      fc.property(
        mobile,
        fc.nat(11),
        fc.constantFrom('1', '0', 'x', '+', '/', ',', '\u0661', '\0'),
        (number, at, extra) => {
          const text = normaliseMobile(number.slice(0, at) + extra + number.slice(at))
          expect(canonical.test(text)).toBe(false)
        },
      ),
    )
  })

  it('is accepted in one form only, whatever the text is', () => {
    fc.assert(
      fc.property(fc.oneof(variant, mobile, fc.string({ unit: 'binary' })), (text) => {
        expect(pattern.test(text)).toBe(isCanonical(text))
      }),
      { numRuns: 5_000 },
    )
  })

  it('is never shown as a whole, neither masked nor in scrubbed text', () => {
    const noDigits = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !/[0-9]/.test(text))
    const prefix = fc.constantFrom('', '+86', '86', '0086')
    fc.assert(
      fc.property(mobile, prefix, noDigits, noDigits, (number, country, before, after) => {
        expect(maskMobile(`+86${number}`)).toBe(`${number.slice(0, 3)}****${number.slice(-4)}`)
        expect(scrub(before + country + number + after)).not.toContain(number.slice(3))
      }),
      { numRuns: 2_000 },
    )
  })
})
