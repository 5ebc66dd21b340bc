// Owns Tencent's delivery receipts: up to 100 messages per call, unsigned.
import { jsonAcknowledgement, oneReceipt, readRows, type ReceiptParser } from '../delivery-receipt.ts'
import { field } from '../json.ts'

export const tencentReceipts: ReceiptParser = {
  read: (call) =>
    readRows(call, (row) => {
      const status = field(row, 'report_status')
      if (status !== 'SUCCESS' && status !== 'FAIL') return null
      // `ext` is our id of the message, only from accounts for which Tencent's support has enabled it.
      const ids = [field(row, 'sid'), field(row, 'ext')]
      return oneReceipt(status === 'SUCCESS' ? 'delivered' : 'undelivered', ids, [field(row, 'errmsg')])
    }),
  acknowledgement: jsonAcknowledgement({ result: 0, errmsg: 'OK' }),
}
