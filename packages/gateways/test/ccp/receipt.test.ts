import { describe, expect, it } from 'vitest'
import { ccpReceipts } from '../../src/ccp/receipt.ts'
import fixture from '../fixtures/receipts.json' with { type: 'json' }
import { received } from '../received-call.ts'

const MOBILE = '13800138000'

describe('a delivery receipt of CCP', () => {
  const { Request } = fixture.ccp
  const read = (changes: object) => ccpReceipts.read(received({ Request: { ...Request, ...changes } }))
  const ids = [Request.content, Request.reqId]

  it('contains the id of CCP and our id', () => {
    expect(ccpReceipts.read(received(fixture.ccp))).toEqual([{ ids, state: 'delivered', code: 'DELIVRD' }])
  })

  it('is undelivered with every status except 0', () => {
    expect(read({ status: 0 })).toMatchObject([{ state: 'delivered' }])
    for (const status of ['1', '2', '', '00', 'DELIVRD', 7])
      expect(read({ status, deliverCode: 'MK:0001' })).toEqual([
        { ids, state: 'undelivered', code: 'MK:0001' },
      ])
    expect(read({ status: '1', deliverCode: '未知' })).toMatchObject([{ code: '1' }])
  })

  it('is not read from other events', () => {
    expect(read({ action: 'SMSReply' })).toEqual([])
  })

  it('is unreadable without an action, a status and an id', () => {
    for (const changes of [{ action: undefined }, { status: undefined }, { status: null }, { status: ['0'] }])
      expect(read(changes)).toBeNull()
    expect(read({ content: MOBILE, reqId: '短信' })).toBeNull()
    for (const body of ['', '{', 'null', '[]', '{"Request":[]}', '<?xml?>', 'action=SMSArrived'])
      expect(ccpReceipts.read(received(body))).toBeNull()
  })

  it('is acknowledged', () => {
    const { status, contentType, body } = ccpReceipts.acknowledgement
    expect({ status, body }).toEqual({ status: 200, body: '{"statuscode":"000000"}' })
    expect(contentType).toMatch(/^application\/json/)
  })
})
