import { describe, expect, it } from 'vitest'
import { aliyunCallback } from '../../src/callbacks/aliyun.ts'
import { ccpCallback } from '../../src/callbacks/ccp.ts'
import { tencentCallback } from '../../src/callbacks/tencent.ts'
import fixture from './fixtures/receipts.json' with { type: 'json' }
import { received } from './received.ts'

const MOBILE = '13800138000'

describe('CCP', () => {
  const { Request } = fixture.ccp
  const read = (changes: object) => ccpCallback.read(received({ Request: { ...Request, ...changes } }))
  const ids = [Request.content, Request.reqId]

  it('reports a message by its id and ours', () => {
    expect(ccpCallback.read(received(fixture.ccp))).toEqual([{ ids, state: 'delivered', code: 'DELIVRD' }])
  })

  it('says that it was not delivered with every status but 0', () => {
    expect(read({ status: 0 })).toMatchObject([{ state: 'delivered' }])
    for (const status of ['1', '2', '', '00', 'DELIVRD', 7])
      expect(read({ status, deliverCode: 'MK:0001' })).toEqual([
        { ids, state: 'undelivered', code: 'MK:0001' },
      ])
    expect(read({ status: '1', deliverCode: '未知' })).toMatchObject([{ code: '1' }])
  })

  it('reports nothing of other events', () => {
    expect(read({ action: 'SMSReply' })).toEqual([])
  })

  it('is unreadable without an action, a status or an id', () => {
    for (const changes of [{ action: undefined }, { status: undefined }, { status: null }, { status: ['0'] }])
      expect(read(changes)).toBeNull()
    expect(read({ content: MOBILE, reqId: '短信' })).toBeNull()
    for (const body of ['', '{', 'null', '[]', '{"Request":[]}', '<?xml?>', 'action=SMSArrived'])
      expect(ccpCallback.read(received(body))).toBeNull()
  })

  it('hears that it was received', () => {
    const { status, contentType, body } = ccpCallback.acknowledgement
    expect({ status, body }).toEqual({ status: 200, body: '{"statuscode":"000000"}' })
    expect(contentType).toMatch(/^application\/json/)
  })
})

const [aliyunRow] = fixture.aliyun
const [tencentRow] = fixture.tencent
const batched = [
  {
    name: 'Aliyun',
    callback: aliyunCallback,
    row: aliyunRow,
    ids: [aliyunRow?.biz_id, aliyunRow?.out_id],
    code: 'DELIVERED',
    failed: { success: false, err_code: 'MK:0001' },
    number: (id: string) => ({ biz_id: id, out_id: undefined }),
    waiting: [{ success: undefined }, { success: 'true' }, { success: null }, { success: 1 }],
    acknowledgement: fixture.acknowledgements.aliyun,
  },
  {
    name: 'Tencent',
    callback: tencentCallback,
    row: { ...tencentRow, ext: '0f8fad5bd9cb469fa16570867728950e' },
    ids: [tencentRow?.sid, '0f8fad5bd9cb469fa16570867728950e'],
    code: 'DELIVRD',
    failed: { report_status: 'FAIL', errmsg: 'MK:0001' },
    number: (id: string) => ({ sid: id, ext: undefined }),
    waiting: [{ report_status: undefined }, { report_status: 'SENDING' }, { report_status: '' }],
    acknowledgement: fixture.acknowledgements.tencent,
  },
]

describe.each(batched)('$name', ({ callback, row, ids, code, failed, number, waiting, acknowledgement }) => {
  const read = (...rows: unknown[]) => callback.read(received(rows))
  const delivered = { ids, state: 'delivered', code }

  it('reports each message of a call by its id and ours', () => {
    expect(read(row)).toEqual([delivered])
    expect(read(row, { ...row, ...failed })).toEqual([
      delivered,
      { ids, state: 'undelivered', code: 'MK:0001' },
    ])
    expect(read()).toEqual([])
  })

  it('reports by one id where there is no other', () => {
    expect(read({ ...row, ...number('a1') })).toEqual([{ ...delivered, ids: ['a1'] }])
  })

  it('reports nothing of a message that is still on its way', () => {
    expect(read(...waiting.map((changes) => ({ ...row, ...changes })))).toEqual([])
  })

  it('does without the rows that it cannot read', () => {
    const bad = [null, 7, 'text', [], [row], {}, { ...row, ...number('') }, { ...row, ...number('a b') }]
    expect(read(...bad, row, ...bad)).toEqual([delivered])
  })

  it("takes nobody's number for an id or a code", () => {
    for (const id of [MOBILE, `86${MOBILE}`, `0086${MOBILE}`, `+86${MOBILE}`])
      expect(read({ ...row, ...number(id) })).toEqual([])
  })

  it('calls a code that is prose unknown', () => {
    for (const word of ['用户接收成功', 'not sent', MOBILE, '', 'x'.repeat(65), undefined, 7]) {
      const row1 = { ...row, err_code: word, errmsg: word }
      expect(read(row1)).toEqual([{ ...delivered, code: 'UNKNOWN_CODE' }])
    }
  })

  it('takes a hundred and many more at once', () => {
    expect(read(...Array.from({ length: 5000 }, () => row))).toHaveLength(5000)
    expect(callback.read(received('['.repeat(100_000) + ']'.repeat(100_000)))).toEqual([])
  })

  it('is unreadable when it is no array', () => {
    for (const body of ['', '{', 'null', '{}', '"[]"', 'a=b', '[1', '['.repeat(100_000)])
      expect(callback.read(received(body))).toBeNull()
  })

  it('hears what it expects', () => {
    const { status, body } = callback.acknowledgement
    expect({ status, body: JSON.parse(body) as unknown }).toEqual(acknowledgement)
  })

  it('signs nothing', () => {
    expect(callback.verify).toBeUndefined()
  })
})
