import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { jsonAcknowledgement, parseJson, report, type Callback } from './callback.ts'

const Row = Type.Object({
  success: Type.Boolean(),
  biz_id: Type.Optional(Type.Unknown()),
  // Ours, as it was sent with the message.
  out_id: Type.Optional(Type.Unknown()),
  err_code: Type.Optional(Type.Unknown()),
})

/** Many messages in each call, unsigned, and the same one perhaps again. A bad row does not spoil the rest. */
export const aliyunCallback: Callback = {
  contentType: 'json',
  read({ body }) {
    const rows = parseJson(body)
    if (!Array.isArray(rows)) return null
    return rows.flatMap((row: unknown) => {
      if (!Value.Check(Row, row)) return []
      const { success, biz_id: bizId, out_id: outId, err_code: errCode } = row
      return report(success ? 'delivered' : 'undelivered', [bizId, outId], [errCode]) ?? []
    })
  },
  // Without the number 0 in `code` the same rows come again after 1, 5 and 10 minutes.
  acknowledgement: jsonAcknowledgement({ code: 0, msg: '接收成功' }),
}
