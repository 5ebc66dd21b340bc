import { describe, expect, it } from 'vitest'
import { vonageReceipts } from '../../src/vonage/receipt.ts'
import fixture from '../fixtures/receipts.json' with { type: 'json' }
import { received } from '../received-call.ts'

describe('a delivery receipt of Vonage', () => {
  const one = fixture.vonage
  const ids = [one.messageId, one['client-ref']]
  const read = (changes: object) => vonageReceipts.read(received({ ...one, ...changes }))

  it('contains the id of Vonage and our id, as a form and as JSON', () => {
    const delivered = [{ ids, state: 'delivered', code: 'delivered' }]
    expect(read({})).toEqual(delivered)
    expect(vonageReceipts.read(received(new URLSearchParams(one).toString()))).toEqual(delivered)
    expect(read({ 'client-ref': undefined })).toMatchObject([{ ids: [one.messageId] }])
  })

  it.each(['expired', 'failed', 'rejected'])('is undelivered with the status %s', (status) => {
    expect(read({ status, 'err-code': '6' })).toEqual([{ ids, state: 'undelivered', code: '6' }])
    expect(read({ status, 'err-code': 'Anti-Spam rejection' })).toMatchObject([{ code: status }])
  })

  it.each(['accepted', 'buffered', 'submitted', 'unknown', 'Delivered', ''])(
    'says nothing about a message with the status %j',
    (status) => {
      expect(read({ status })).toEqual([])
    },
  )

  it('is unreadable without a status and an id', () => {
    expect(read({ status: 7 })).toBeNull()
    expect(read({ messageId: '8613800138000', 'client-ref': '' })).toBeNull()
    for (const body of ['', '{', 'null', '[]', '{}', 'messageId=a1'])
      expect(vonageReceipts.read(received(body))).toBeNull()
  })

  it('is acknowledged with the status 200 and is not signed', () => {
    expect(vonageReceipts.acknowledgement.status).toBe(200)
    expect(vonageReceipts.verify).toBeUndefined()
  })
})
