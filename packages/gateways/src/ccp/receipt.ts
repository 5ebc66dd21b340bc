// Reads CCP's delivery receipts, one message per unsigned call. CCP sends other events to the same address.
import { jsonAcknowledgement, oneReceipt, type ReceiptParser } from '../delivery-receipt.ts'
import { field, parseJson } from '../json.ts'

export const ccpReceipts: ReceiptParser = {
  read({ body }) {
    const push = field(parseJson(body), 'Request')
    const [action, status] = [field(push, 'action'), field(push, 'status')]
    if (typeof action !== 'string') return null
    if (action !== 'SMSArrived') return []
    if (typeof status !== 'string' && typeof status !== 'number') return null
    const state = String(status) === '0' ? 'delivered' : 'undelivered'
    // `content` is CCP's id of the message, and `reqId` is our id.
    const ids = [field(push, 'content'), field(push, 'reqId')]
    return oneReceipt(state, ids, [field(push, 'deliverCode'), String(status)])
  },
  // CCP does not document this answer. CCP documents this form for its other pushes.
  acknowledgement: jsonAcknowledgement({ statuscode: '000000' }),
}
