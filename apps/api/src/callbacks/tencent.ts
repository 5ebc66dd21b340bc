import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { jsonAcknowledgement, parseJson, report, type Callback } from './callback.ts'

const Row = Type.Object({
  report_status: Type.Union([Type.Literal('SUCCESS'), Type.Literal('FAIL')]),
  sid: Type.Optional(Type.Unknown()),
  // Ours, only from accounts for which Tencent's support has switched it on.
  ext: Type.Optional(Type.Unknown()),
  errmsg: Type.Optional(Type.Unknown()),
})

/** Up to a hundred messages in each call, unsigned. A bad row does not spoil the rest. */
export const tencentCallback: Callback = {
  contentType: 'json',
  read({ body }) {
    const rows = parseJson(body)
    if (!Array.isArray(rows)) return null
    return rows.flatMap((row: unknown) => {
      if (!Value.Check(Row, row)) return []
      const { report_status: status, sid, ext, errmsg } = row
      return report(status === 'SUCCESS' ? 'delivered' : 'undelivered', [sid, ext], [errmsg]) ?? []
    })
  },
  acknowledgement: jsonAcknowledgement({ result: 0, errmsg: 'OK' }),
}
