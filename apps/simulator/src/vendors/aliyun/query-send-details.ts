// Aliyun's action QuerySendDetails: the state of the messages to one number on one day in Shanghai, newest first.
import { shanghaiDateTime, shanghaiDay } from '../../clock.ts'
import { deliveryStateOf, type DeliveryState } from '../message.ts'
import type { VendorAnswer, VendorDeps } from '../vendor.ts'
import { aliyunRefusal, missing, requestId } from './refusals.ts'

const SEND_STATUSES: Record<DeliveryState, number> = { under_way: 1, undelivered: 2, delivered: 3 }
const ERROR_CODES: Record<DeliveryState, string> = {
  under_way: 'WAIT_FEEDBACK',
  undelivered: 'MOBILE_NOT_ON_SERVICE',
  delivered: 'DELIVERED',
}

export function createQuerySendDetails(outbox: VendorDeps['outbox']) {
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
    const number = params.get('PhoneNumber') ?? ''
    const messages = [...outbox.list(number), ...outbox.list(`+${number}`)]
      .filter(({ gateway, at }) => gateway === 'aliyun' && shanghaiDay(at) === day)
      .filter((message) => id === undefined || message.id === id)
      .toReversed()
    const details = messages.slice((page - 1) * size, page * size).map((message) => {
      const state = deliveryStateOf(message, now)
      return {
        PhoneNum: number,
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
