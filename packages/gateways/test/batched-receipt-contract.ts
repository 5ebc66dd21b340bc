// Owns the promises of every parser whose vendor sends a batch of unsigned delivery receipts as a JSON array.
import { describe, expect, it } from 'vitest'
import type { ReceiptParser } from '../src/delivery-receipt.ts'
import { received } from './received-call.ts'

const MOBILE = '13800138000'

export type BatchedReceiptSetup = {
  parser: ReceiptParser
  /** A row about a delivered message. */
  row: object
  ids: (string | undefined)[]
  code: string
  /** The fields that make the row one about an undelivered message. */
  failed: object
  /** The fields that give the row this id and no other. */
  number: (id: string) => object
  /** Fields of a message that is still on its way. */
  waiting: object[]
  acknowledgement: { status: number; body: object }
}

export function batchedReceiptContract(name: string, setup: BatchedReceiptSetup) {
  const { parser, row, ids, code, failed, number, waiting, acknowledgement } = setup
  describe(`a batch of delivery receipts of ${name}`, () => {
    const read = (...rows: unknown[]) => parser.read(received(rows))
    const delivered = { ids, state: 'delivered', code }

    it('contains the vendor id and our id of each message', () => {
      expect(read(row)).toEqual([delivered])
      expect(read(row, { ...row, ...failed })).toEqual([
        delivered,
        { ids, state: 'undelivered', code: 'MK:0001' },
      ])
      expect(read()).toEqual([])
    })

    it('can lack one of the two ids', () => {
      expect(read({ ...row, ...number('a1') })).toEqual([{ ...delivered, ids: ['a1'] }])
    })

    it('says nothing about a message that is still on its way', () => {
      expect(read(...waiting.map((changes) => ({ ...row, ...changes })))).toEqual([])
    })

    it('is read without its unreadable rows', () => {
      const bad = [null, 7, 'text', [], [row], {}, { ...row, ...number('') }, { ...row, ...number('a b') }]
      expect(read(...bad, row, ...bad)).toEqual([delivered])
    })

    it('never has a phone number as an id', () => {
      for (const id of [MOBILE, `86${MOBILE}`, `0086${MOBILE}`, `+86${MOBILE}`])
        expect(read({ ...row, ...number(id) })).toEqual([])
    })

    it('replaces a code that is prose by UNKNOWN_CODE', () => {
      for (const word of ['用户接收成功', 'not sent', MOBILE, '', 'x'.repeat(65), undefined, 7]) {
        const row1 = { ...row, err_code: word, errmsg: word }
        expect(read(row1)).toEqual([{ ...delivered, code: 'UNKNOWN_CODE' }])
      }
    })

    it('may have thousands of rows', () => {
      expect(read(...Array.from({ length: 5000 }, () => row))).toHaveLength(5000)
      expect(parser.read(received('['.repeat(100_000) + ']'.repeat(100_000)))).toEqual([])
    })

    it('is unreadable if it is not an array', () => {
      for (const body of ['', '{', 'null', '{}', '"[]"', 'a=b', '[1', '['.repeat(100_000)])
        expect(parser.read(received(body))).toBeNull()
    })

    it('is acknowledged as the vendor expects', () => {
      const { status, body } = parser.acknowledgement
      expect({ status, body: JSON.parse(body) as unknown }).toEqual(acknowledgement)
    })

    it('is not signed', () => {
      expect(parser.verify).toBeUndefined()
    })
  })
}
