// Owns Aliyun's delivery receipts: a batch of messages per call, unsigned, and possibly repeated.
import { Type } from '@sinclair/typebox'
import { jsonAcknowledgement, oneReceipt, readRows, type ReceiptParser } from '../delivery-receipt.ts'

const Row = Type.Object({
  success: Type.Boolean(),
  biz_id: Type.Optional(Type.Unknown()),
  /** Our id of the message. */
  out_id: Type.Optional(Type.Unknown()),
  err_code: Type.Optional(Type.Unknown()),
})

export const aliyunReceipts: ReceiptParser = {
  read: (call) =>
    readRows(call, Row, ({ success, biz_id: bizId, out_id: outId, err_code: code }) =>
      oneReceipt(success ? 'delivered' : 'undelivered', [bizId, outId], [code]),
    ),
  // Unless `code` is the number 0, Aliyun sends the same rows again after 1, 5 and 10 minutes.
  acknowledgement: jsonAcknowledgement({ code: 0, msg: '接收成功' }),
}
