// QuerySendDetails: what became of the messages to one number on one day of Shanghai, newest first.
import { shanghaiDateTime, shanghaiDay } from '../../clock.ts'
import type { Outbox } from '../../control/outbox.ts'
import { stateOf, type State } from '../../receipts/state.ts'
import type { VendorAnswer } from '../vendor.ts'
import { aliyunRefusal, missing, requestId } from './answers.ts'

const SEND_STATUSES: Record<State, number> = { under_way: 1, undelivered: 2, delivered: 3 }
const ERROR_CODES: Record<State, string> = {
  under_way: 'WAIT_FEEDBACK',
  undelivered: 'MOBILE_NOT_ON_SERVICE',
  delivered: 'DELIVERED',
}

export function createQuerySendDetails(deps: { outbox: Outbox }) {
  return (params: ReadonlyMap<string, string>, now: number): VendorAnswer => {
    for (const name of ['PhoneNumber', 'SendDate', 'PageSize', 'CurrentPage']) {
      if ((params.get(name) ?? '') === '') return missing(name)
    }
    const size = Number(params.get('PageSize'))
    const page = Number(params.get('CurrentPage'))
    const day = params.get('SendDate') ?? ''
    if (!Number.isInteger(size) || size < 1 || size > 50 || !Number.isInteger(page) || page < 1)
      return aliyunRefusal('isv.INVALID_PARAMETERS')
    if (!/^\d{8}$/.test(day)) return aliyunRefusal('isv.INVALID_PARAMETERS')

    const id = params.get('BizId')
    const messages = deps.outbox
      .list(params.get('PhoneNumber'))
      .filter(({ gateway, at }) => gateway === 'aliyun' && shanghaiDay(at) === day)
      .filter((message) => id === undefined || message.id === id)
      .toReversed()
    const details = messages.slice((page - 1) * size, page * size).map((message) => {
      const state = stateOf(message, now)
      return {
        PhoneNum: message.to,
        SendStatus: SEND_STATUSES[state],
        ErrCode: ERROR_CODES[state],
        TemplateCode: message.template,
        Content: message.text,
        SendDate: shanghaiDateTime(message.at),
        ...(state === 'under_way' ? {} : { ReceiveDate: shanghaiDateTime(message.landed) }),
        ...(message.echo === null ? {} : { OutId: message.echo }),
      }
    })
    return {
      status: 200,
      body: {
        Code: 'OK',
        Message: 'OK',
        RequestId: requestId(),
        TotalCount: String(messages.length),
        SmsSendDetailDTOs: { SmsSendDetailDTO: details },
      },
    }
  }
}
