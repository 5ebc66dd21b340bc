// Reads Vonage's delivery receipts. A call is about one message, as a form or as JSON, and unsigned by default.
import { jsonAcknowledgement, oneReceipt, readFields, type ReceiptParser } from '../delivery-receipt.ts'
import { field } from '../json.ts'

const UNDELIVERED = new Set<unknown>(['expired', 'failed', 'rejected'])

export const vonageReceipts: ReceiptParser = {
  read({ body }) {
    const fields = readFields(body)
    const status = field(fields, 'status')
    if (typeof status !== 'string') return null
    // `messageId` is Vonage's id of the message, and `client-ref` is our id.
    const ids = [field(fields, 'messageId'), field(fields, 'client-ref')]
    if (status === 'delivered') return oneReceipt('delivered', ids, [status])
    return UNDELIVERED.has(status) ? oneReceipt('undelivered', ids, [field(fields, 'err-code'), status]) : []
  },
  // Vonage repeats a call that is not answered with the status 200.
  acknowledgement: jsonAcknowledgement({}),
}
