// DescribeSendRecordList: the messages to one number within a span of time, those under way among them, newest first.
// It knows no SessionContext, and shows the text with the digits hidden.
import { handsetOf } from '../mobile.ts'
import type { Outbox } from '../../control/outbox.ts'
import { stateOf, type State } from '../../receipts/state.ts'
import type { VendorAnswer } from '../vendor.ts'
import { callError, response } from './answers.ts'

const KEPT_MS = 72 * 3_600_000
const SEND_STATUSES: Record<State, number> = { delivered: 2, under_way: 3, undelivered: 4 }
const STATUS_CODES: Record<State, string> = { delivered: 'DELIVRD', under_way: '', undelivered: 'UNDELIV' }

export function createDescribeSendRecordList(deps: { outbox: Outbox }, account: { sdkAppId: string }) {
  return (fields: Record<string, unknown>, now: number): VendorAnswer => {
    const { PhoneNumber: number, BeginTime: begin, EndTime: end, Limit: limit, Offset: offset = 0 } = fields
    if (typeof number !== 'string' || number === '') return wrong('PhoneNumber')
    if (!isCount(begin)) return wrong('BeginTime')
    if (end !== undefined && (!isCount(end) || end < begin)) return wrong('EndTime')
    if (!isCount(limit) || limit < 1 || limit > 50) return wrong('Limit')
    if (!isCount(offset)) return wrong('Offset')
    if (fields['SmsSdkAppId'] !== account.sdkAppId)
      return callError('UnauthorizedOperation.SmsSdkAppIdVerifyFail')

    const from = Math.max(begin * 1000, now - KEPT_MS)
    // The times are whole seconds, so the last one counts to its end.
    const until = end === undefined ? now : end * 1000 + 999
    const messages = deps.outbox
      .list(handsetOf(number))
      .filter(({ gateway, at }) => gateway === 'tencent' && at >= from && at <= until)
      .toReversed()
    const records = messages.slice(offset, offset + limit).map((message) => {
      const state = stateOf(message, now)
      return {
        PhoneNumber: number,
        SerialNo: message.id,
        SendStatus: SEND_STATUSES[state],
        RequestCode: 'Ok',
        StatusCode: STATUS_CODES[state],
        IsoCode: 'CN',
        Content: message.text.replaceAll(/\d/g, '*'),
        SendTime: Math.floor(message.at / 1000),
        UserReceiveTime: state === 'delivered' ? Math.floor(message.landed / 1000) : 0,
      }
    })
    return response({ SendRecordSet: records, TotalCount: messages.length })
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}

function wrong(name: string): VendorAnswer {
  return callError('InvalidParameter', `The value of the parameter \`${name}\` is missing or not valid.`)
}
