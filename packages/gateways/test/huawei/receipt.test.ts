import { describe, expect, it } from 'vitest'
import { huaweiReceipts } from '../../src/huawei/receipt.ts'
import fixture from '../fixtures/receipts.json' with { type: 'json' }
import { received } from '../received-call.ts'

describe('a delivery receipt of Huawei', () => {
  const one = Object.fromEntries(new URLSearchParams(fixture.huawei))
  const ids = [one['smsMsgId'], one['extend']]
  const delivered = { ids, state: 'delivered', code: 'DELIVRD' }
  const form = (changes: Record<string, string>) =>
    huaweiReceipts.read(received(new URLSearchParams({ ...one, ...changes }).toString()))
  const batch = (...statusReportList: unknown[]) => huaweiReceipts.read(received({ statusReportList }))

  it('contains the id of Huawei and our id, as a form and in a batch', () => {
    expect(huaweiReceipts.read(received(fixture.huawei))).toEqual([delivered])
    expect(batch(one, { ...one, extend: undefined })).toEqual([
      delivered,
      { ...delivered, ids: [one['smsMsgId']] },
    ])
    expect(batch()).toEqual([])
  })

  it.each(['UNDELIV', 'EXPIRED', 'REJECTD', 'MK:0001', '601'])(
    'is undelivered with the status %s',
    (status) => {
      expect(form({ status })).toEqual([{ ids, state: 'undelivered', code: status }])
    },
  )

  it('says nothing about a message that is still on its way', () => {
    for (const status of ['ACCEPTD', 'ENROUTE', 'UNKNOWN']) {
      expect(form({ status })).toEqual([])
      expect(batch({ ...one, status })).toEqual([])
    }
  })

  it('replaces a status that is prose by UNKNOWN_CODE', () => {
    for (const status of ['not sent', '13800138000', ''])
      expect(form({ status })).toEqual([{ ids, state: 'undelivered', code: 'UNKNOWN_CODE' }])
  })

  it('is read without the unreadable rows of its batch', () => {
    const bad = [
      null,
      7,
      [one],
      {},
      { ...one, status: 0 },
      { ...one, smsMsgId: '+8613800138000', extend: '' },
    ]
    expect(batch(...bad, one, ...bad)).toEqual([delivered])
  })

  it('is unreadable without a status and an id', () => {
    expect(form({ smsMsgId: 'a b', extend: '' })).toBeNull()
    for (const body of ['', '{', 'null', '[]', '{}', '{"statusReportList":{}}', 'smsMsgId=a1'])
      expect(huaweiReceipts.read(received(body))).toBeNull()
  })

  it('is acknowledged with the status 200 and is not signed', () => {
    expect(huaweiReceipts.acknowledgement.status).toBe(200)
    expect(huaweiReceipts.verify).toBeUndefined()
  })
})
