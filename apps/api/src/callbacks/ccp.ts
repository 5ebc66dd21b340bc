import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { jsonAcknowledgement, parseJson, report, type Callback } from './callback.ts'

const Push = Type.Object({
  Request: Type.Object({
    action: Type.String(),
    status: Type.Optional(Type.Union([Type.String(), Type.Number()])),
    // The message's id at CCP, and ours.
    content: Type.Optional(Type.Unknown()),
    reqId: Type.Optional(Type.Unknown()),
    deliverCode: Type.Optional(Type.Unknown()),
  }),
})

/** One message in each call, unsigned. CCP pushes other events to the same address as well. */
export const ccpCallback: Callback = {
  contentType: 'json',
  read({ body }) {
    const push = parseJson(body)
    if (!Value.Check(Push, push)) return null
    const { action, status, content, reqId, deliverCode } = push.Request
    if (action !== 'SMSArrived') return []
    if (status === undefined) return null
    const word = String(status)
    const state = word === '0' ? 'delivered' : 'undelivered'
    const one = report(state, [content, reqId], [deliverCode, word])
    return one && [one]
  },
  // Not documented; this is how CCP's other pushes are answered.
  acknowledgement: jsonAcknowledgement({ statuscode: '000000' }),
}
