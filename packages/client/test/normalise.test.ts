import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSmsCodes } from '@sms-codes/client'
import { normaliseTyped, shortForm } from '@sms-codes/core/mobile'
import { loadNumbers } from '@sms-codes/core/numbers'
import * as normalise from '../src/normalise.ts'

const { normaliseMobile, normaliseCode } = createSmsCodes({ baseUrl: '', storage: null })
const mainland = await loadNumbers(new Set(['CN']))
const world = await loadNumbers(new Set(['CN', 'HK', 'US', 'GB']))

it.each([
  ['+86 138-0013-8000', '13800138000'],
  ['0086 138 0013 8000', '13800138000'],
  ['１３８ ００１３ ８０００', '13800138000'],
  ['８６—138–0013‑8000', '13800138000'],
  ['\u202a+8613800138000\u202c', '13800138000'],
  ['00852 9123 4567', '+85291234567'],
  ['＋852 9123 4567', '+85291234567'],
  ['+86 (138) 0013-8000', '13800138000'],
  ['(+86)13800138000', '13800138000'],
  ['138.0013.8000', '13800138000'],
  ['（852）9123.4567', '85291234567'],
  ['tel:13800138000', '13800138000'],
  ['Tel: +852-9123-4567', '+85291234567'],
  ['138 0013 800', '1380013800'],
  ['8613800138', '8613800138'],
  ['', ''],
])('the number %s is %s', (typed, mobile) => {
  expect(normaliseMobile(typed)).toBe(mobile)
  expect(normaliseMobile(mobile)).toBe(mobile)
})

it('a number is read as its text, and a missing value is empty', () => {
  expect([undefined, null, 13_800_138_000].map(normalise.normaliseMobile)).toEqual(['', '', '13800138000'])
  expect([undefined, null, 5].map(normalise.normaliseCode)).toEqual(['', '', '5'])
})

it('the code １２３ ４５６ is 123456', () => {
  expect(normaliseCode('１２３ ４５６')).toBe('123456')
  expect(normaliseCode('\u200b123–456\n')).toBe('123456')
})

const digit = fc.constantFrom(...Array.from('0123456789０１２３４５６７８９'))
const noise = fc.constantFrom(
  '',
  '',
  '',
  ' ',
  '-',
  '\u3000',
  '\u00a0',
  '–',
  '\u200b',
  '\u202d',
  '(',
  '）',
  '.',
)
const prefix = fc.constantFrom(
  '',
  '+',
  '＋',
  '00',
  '86',
  '+86',
  '0086',
  '＋８６',
  '+852',
  '00852',
  '+44 (0)',
  '+1',
  'tel:',
  'TEL:+86',
  'tel:+852',
)
const digits = fc.array(fc.tuple(digit, noise), { maxLength: 15 }).map((parts) => parts.flat().join(''))
const mobile = fc.stringMatching(/^1[3-9][0-9]{9}$/)
const typed = fc.oneof(
  fc.tuple(prefix, noise, fc.oneof(digits, mobile)).map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
)

describe('whatever a user types', () => {
  it('the API reads the normalised number as it reads the typed one', () => {
    fc.assert(
      fc.property(typed, (text) => {
        expect(mainland(normaliseMobile(text))).toEqual(mainland(text))
        expect(world(normaliseMobile(text))).toEqual(world(text))
      }),
      { numRuns: 2_000 },
    )
  })

  it('a number of the mainland gets the form of the API’s answers', () => {
    fc.assert(
      fc.property(prefix, noise, mobile, (before, between, number) => {
        const read = mainland(before + between + number)
        fc.pre('country' in read)
        expect(normaliseMobile(before + between + number)).toBe(shortForm(read.mobile))
      }),
    )
  })

  it('the client and the API make the same code of it', () => {
    fc.assert(
      fc.property(typed, (text) => {
        expect(normaliseCode(text)).toBe(normaliseTyped(text))
      }),
    )
  })
})
