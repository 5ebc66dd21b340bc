import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aliyunCallback } from '../../src/callbacks/aliyun.ts'
import type { Callback } from '../../src/callbacks/callback.ts'
import { ccpCallback } from '../../src/callbacks/ccp.ts'
import { tencentCallback } from '../../src/callbacks/tencent.ts'
import { createTwilioCallback } from '../../src/callbacks/twilio.ts'
import { createWebhookCallback } from '../../src/callbacks/webhook.ts'

const twilio = createTwilioCallback({ authToken: 'a token of tests', url: 'https://sms.example.com/cb' })
const webhook = createWebhookCallback({ secrets: [`whsec_${'a'.repeat(32)}`] })
const callbacks: [string, Callback][] = [
  ['ccp', ccpCallback],
  ['aliyun', aliyunCallback],
  ['tencent', tencentCallback],
  ['twilio', twilio],
  ['webhook', webhook],
]

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('13800138000', 'SMSArrived', '0', 'a1'),
)
const value = fc.oneof({ weight: 3, arbitrary: text }, fc.jsonValue({ maxDepth: 2 }), fc.boolean())
const NAMES = `__proto__ Request action status content reqId deliverCode success biz_id out_id err_code
  report_status sid ext errmsg id code MessageSid MessageStatus SmsStatus ErrorCode`
const fields = fc.dictionary(fc.oneof(fc.constantFrom(...NAMES.split(/\s+/)), fc.string()), value)
const state = fc.constantFrom('SUCCESS', 'FAIL', 'delivered', 'undelivered', 'failed', true, false, '0')
const row = fc.tuple(fields, state).map(([some, word]) => ({
  ...some,
  success: word,
  report_status: word,
  status: word,
  action: 'SMSArrived',
}))
const json = fc.oneof(fc.array(fc.oneof(row, value)), row, fc.record({ Request: row }), fc.jsonValue())
const encoded = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom('MessageSid', 'MessageStatus', 'ErrorCode'), text), text))
  .map((pairs) => new URLSearchParams(pairs).toString())
const body = fc.oneof(
  json.map((some) => JSON.stringify(some)),
  encoded,
  text,
  fc.json(),
)
const header = fc.oneof(text, fc.constant(undefined), fc.array(text, { maxLength: 2 }))
const headers = fc.record({
  'x-twilio-signature': header,
  'webhook-id': header,
  'webhook-timestamp': fc.oneof(header, fc.constant(String(Math.floor(Date.now() / 1000)))),
  'webhook-signature': header,
})
const received = fc.record({ headers, query: fc.oneof(text, fc.constant('echo=a1')), body })

describe.each(callbacks)('whatever is received, the callback of %s', (_name, callback) => {
  it('reports ids and codes that are fit to keep, or says that it cannot read it', () => {
    fc.assert(
      fc.property(received, (call) => {
        const reports = callback.read(call)
        for (const { ids, state: became, code } of reports ?? []) {
          expect(ids.length).toBeGreaterThan(0)
          for (const kept of [...ids, code]) {
            expect(kept).toMatch(/^[\w:^.-]{1,64}$/)
            expect(kept).not.toMatch(/^(00)?(86)?1[3-9]\d{9}$/)
          }
          expect(['delivered', 'undelivered']).toContain(became)
        }
      }),
      { numRuns: 500 },
    )
  })
})

it.each([
  ['twilio', twilio],
  ['webhook', webhook],
])('%s finds no signature in what nobody signed', (_name, callback) => {
  fc.assert(
    fc.property(received, (call) => {
      expect(callback.verify?.(call)).toBe(false)
    }),
  )
})
