// Owns CCP's delivery receipts: one message per call, unsigned. CCP sends other events to the same address.
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { jsonAcknowledgement, oneReceipt, type ReceiptParser } from '../delivery-receipt.ts'
import { parseJson } from '../json.ts'

const Push = Type.Object({
  Request: Type.Object({
    action: Type.String(),
    status: Type.Optional(Type.Union([Type.String(), Type.Number()])),
    /** CCP's id of the message. */
    content: Type.Optional(Type.Unknown()),
    /** Our id of the message. */
    reqId: Type.Optional(Type.Unknown()),
    deliverCode: Type.Optional(Type.Unknown()),
  }),
})

export const ccpReceipts: ReceiptParser = {
  read({ body }) {
    const push = parseJson(body)
    if (!Value.Check(Push, push)) return null
    const { action, status, content, reqId, deliverCode } = push.Request
    if (action !== 'SMSArrived') return []
    if (status === undefined) return null
    const state = String(status) === '0' ? 'delivered' : 'undelivered'
    return oneReceipt(state, [content, reqId], [deliverCode, String(status)])
  },
  // Not documented. CCP's other pushes are answered in this form.
  acknowledgement: jsonAcknowledgement({ statuscode: '000000' }),
}
