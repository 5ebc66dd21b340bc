// Owns Tencent's delivery receipts: up to 100 messages per call, unsigned.
import { Type } from '@sinclair/typebox'
import { jsonAcknowledgement, oneReceipt, readRows, type ReceiptParser } from '../delivery-receipt.ts'

const Row = Type.Object({
  report_status: Type.Union([Type.Literal('SUCCESS'), Type.Literal('FAIL')]),
  sid: Type.Optional(Type.Unknown()),
  /** Our id of the message, only from accounts for which Tencent's support has enabled it. */
  ext: Type.Optional(Type.Unknown()),
  errmsg: Type.Optional(Type.Unknown()),
})

export const tencentReceipts: ReceiptParser = {
  read: (call) =>
    readRows(call, Row, ({ report_status: status, sid, ext, errmsg }) =>
      oneReceipt(status === 'SUCCESS' ? 'delivered' : 'undelivered', [sid, ext], [errmsg]),
    ),
  acknowledgement: jsonAcknowledgement({ result: 0, errmsg: 'OK' }),
}
