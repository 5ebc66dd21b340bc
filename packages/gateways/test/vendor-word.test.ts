import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { vendorWord } from '../src/vendor-word.ts'

const message = { mobile: '+8613900139000', code: '739146' }
const anyWord = /^[\w^:-]{1,64}$/

test('a word of the expected form is kept', () => {
  expect(vendorWord('900619746936498440^0', anyWord, message)).toBe('900619746936498440^0')
})

test.each([
  ['another shape', 'two words'],
  ['none', ''],
  ['no text', 7],
  ['nothing', undefined],
  ['the number', '13900139000'],
  ['the number without the first digits', '0139000'],
  ['the number within', '8613900139000:1'],
  ['the code', '739146'],
  ['the code within', 'a739146b'],
])('%s is not', (_what, value) => {
  expect(vendorWord(value, anyWord, message)).toBeUndefined()
})

test('no word ever contains the number or the code', () => {
  const piece = fc.oneof(fc.constantFrom('13900139000', message.code, '1', '^'), fc.string())
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const word = vendorWord(pieces.join(''), anyWord, message) ?? ''
      expect(word.includes('13900139000') || word.includes(message.code)).toBe(false)
    }),
  )
})
