import { expect, test } from 'vitest'
import { shownNumbers } from './shown-numbers.ts'

test.for([
  '13700010007',
  'to 13700010007.',
  '+8613700010007',
  '008613700010007',
  'tel:13700010007',
  '{"mobile":"13700010007"}',
  '137****0007\n13700010007\n',
  'user.13700010007',
])('a text that shows a number: %j', (text) => {
  expect(shownNumbers(text)).toHaveLength(1)
})

test.for([
  '137****0007',
  '"PHONE_KEY":"0eb13861997567fa"',
  '"CODE_KEYS k1":"13861997567fa0eb"',
  '1795973319650-0',
  '"startedAt":1795973319650',
  '0.13861997567',
  'b25c13861997567q8z5lvj.AAAAAAAAAAAAAAAAAAAAAA',
])('a text that shows no number, although it may have eleven such digits in a row: %j', (text) => {
  expect(shownNumbers(text)).toEqual([])
})

test('a number that the command got is found inside an id too', () => {
  const text = 'id 0eb13700010007fa, number 85291827364x'
  expect(shownNumbers(text)).toEqual([])
  const given = ['phone', '--mobile', '--13700010007', '+852 9182-7364\n13800138000\n', '10.0.0.1', '170']
  expect(shownNumbers(text, given)).toEqual(['13700010007', '85291827364'])
})
