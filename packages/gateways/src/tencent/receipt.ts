// Reads Tencent's delivery receipts. A call is unsigned and is about up to 100 messages.
import { jsonAcknowledgement, oneReceipt, readRows, type ReceiptParser } from '../delivery-receipt.ts'
import { field } from '../json.ts'

export const tencentReceipts: ReceiptParser = {
  read: (call) =>
    readRows(call, (row) => {
      const status = field(row, 'report_status')
      if (status !== 'SUCCESS' && status !== 'FAIL') return null
      // `ext` is our id of the message. Tencent's support must enable this field for the account.
      const ids = [field(row, 'sid'), field(row, 'ext')]
      return oneReceipt(status === 'SUCCESS' ? 'delivered' : 'undelivered', ids, [field(row, 'errmsg')])
    }),
  acknowledgement: jsonAcknowledgement({ result: 0, errmsg: 'OK' }),
}
