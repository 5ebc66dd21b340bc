// Reads Aliyun's delivery receipts. A call is unsigned, is about several messages, and may be repeated.
import { jsonAcknowledgement, oneReceipt, readRows, type ReceiptParser } from '../delivery-receipt.ts'
import { field } from '../json.ts'

export const aliyunReceipts: ReceiptParser = {
  read: (call) =>
    readRows(call, (row) => {
      const success = field(row, 'success')
      if (typeof success !== 'boolean') return null
      // `biz_id` is Aliyun's id of the message, and `out_id` is our id.
      const ids = [field(row, 'biz_id'), field(row, 'out_id')]
      return oneReceipt(success ? 'delivered' : 'undelivered', ids, [field(row, 'err_code')])
    }),
  // Unless `code` is the number 0, Aliyun sends the same rows again after 1, 5 and 10 minutes.
  acknowledgement: jsonAcknowledgement({ code: 0, msg: '接收成功' }),
}
