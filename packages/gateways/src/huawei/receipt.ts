// Reads Huawei's delivery receipts. A call is unsigned: a form about one message, or JSON about up to 50 messages.
import { jsonAcknowledgement, oneReceipt, readFields, type ReceiptParser } from '../delivery-receipt.ts'
import { field } from '../json.ts'

export const huaweiReceipts: ReceiptParser = {
  read({ body }) {
    const fields = readFields(body)
    const rows = field(fields, 'statusReportList')
    return Array.isArray(rows) ? rows.flatMap((row: unknown) => readRow(row) ?? []) : readRow(fields)
  },
  // Huawei documents the status 200 and no body.
  acknowledgement: jsonAcknowledgement({}),
}

function readRow(row: unknown) {
  const status = field(row, 'status')
  if (typeof status !== 'string') return null
  if (status === 'ACCEPTD' || status === 'ENROUTE' || status === 'UNKNOWN') return []
  // `smsMsgId` is Huawei's id of the message, and `extend` is our id.
  const ids = [field(row, 'smsMsgId'), field(row, 'extend')]
  return oneReceipt(status === 'DELIVRD' ? 'delivered' : 'undelivered', ids, [status])
}
