// Tencent's action DescribeSendRecordList: the messages to one number within a time range, newest first, including those
// under way. A record has no SessionContext, and the digits of its text are hidden.
import { TENCENT } from '../accounts.ts'
import { handsetOf } from '../mobile.ts'
import { deliveryStateOf, type DeliveryState } from '../message.ts'
import type { VendorAnswer, VendorDeps } from '../vendor.ts'
import { callError, response } from './responses.ts'

const KEPT_MS = 72 * 3_600_000
const SEND_STATUSES: Record<DeliveryState, number> = { delivered: 2, under_way: 3, undelivered: 4 }
const STATUS_CODES: Record<DeliveryState, string> = {
  delivered: 'DELIVRD',
  under_way: '',
  undelivered: 'UNDELIV',
}

export function createDescribeSendRecordList(outbox: VendorDeps['outbox']) {
  return (fields: Record<string, unknown>, now: number): VendorAnswer => {
    const { PhoneNumber: number, BeginTime: begin, EndTime: end, Limit: limit, Offset: offset = 0 } = fields
    if (typeof number !== 'string' || number === '') return wrong('PhoneNumber')
    if (!isCount(begin)) return wrong('BeginTime')
    if (end !== undefined && (!isCount(end) || end < begin)) return wrong('EndTime')
    if (!isCount(limit) || limit < 1 || limit > 50) return wrong('Limit')
    if (!isCount(offset)) return wrong('Offset')
    if (fields['SmsSdkAppId'] !== TENCENT.app) return callError('UnauthorizedOperation.SmsSdkAppIdVerifyFail')

    const from = Math.max(begin * 1000, now - KEPT_MS)
    // EndTime is in whole seconds, and its last second is included.
    const until = end === undefined ? now : end * 1000 + 999
    const messages = outbox
      .list(handsetOf(number))
      .filter(({ gateway, at }) => gateway === 'tencent' && at >= from && at <= until)
      .toReversed()
    const records = messages.slice(offset, offset + limit).map((message) => {
      const state = deliveryStateOf(message, now)
      return {
        PhoneNumber: number,
        SerialNo: message.id,
        SendStatus: SEND_STATUSES[state],
        RequestCode: 'Ok',
        StatusCode: STATUS_CODES[state],
        IsoCode: message.country ?? '',
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
