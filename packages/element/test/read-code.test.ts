import { expect, it } from 'vitest'
import { findCode, isCode } from '../src/read-code.ts'
import { createSmsCodes } from '@sms-codes/client'

const client = createSmsCodes({ baseUrl: 'http://127.0.0.1' })
const find = (typed: string, length = 6) => findCode(typed, length, client)
const read = (typed: string, length = 6) => find(typed, length).code

it.each([
  ['the digits', '123456', '123456'],
  ['full-width digits in groups', '１２３ ４５６', '123456'],
  ['digits with dashes', '123-456', '123456'],
  ['a whole message', '【美多商城】您的验证码是123456，请于5分钟内正确输入。', '123456'],
  [
    'a message with a number of another length before the code',
    'Order 20261129: code 123456, 5 min.',
    '123456',
  ],
  ['a message whose code is between blanks', '验证码 123456 5分钟内有效', '123456'],
  [
    'a message with another number of six digits before the code',
    '【美多2026】订单号码：202611，验证码是123456，5分钟内有效。',
    '123456',
  ],
  ['a message with another number after the code', 'Your CODE is: 123456. Order 202611.', '123456'],
  ['the last line of a WebOTP message', '@shop.example #123456', '123456'],
])('finds the code in %s', (_what, typed, code) => {
  expect(find(typed)).toEqual({ code, isCertain: true })
})

it('finds a code of the length of the scene', () => {
  expect(read('您的验证码是1234，订单123456', 4)).toBe('1234')
})

it.each(['1', '12345', '1234567', 'abc', ''])('leaves the text %j, which has no code, as it is', (typed) => {
  expect(read(typed)).toBe(typed)
  expect(isCode(read(typed), 6)).toBe(false)
})

it.each([
  ['123456 654321', '123456'],
  ['登录码 654321，动态码：202611', '654321'],
])('is not certain about one of several numbers in the text %j', (typed, code) => {
  expect(find(typed)).toEqual({ code, isCertain: false })
})
