import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lackedSecrets, listReceiptParsers, receiptFaults } from '../src/receipts.ts'

const secrets = { TWILIO_AUTH_TOKEN: 'a token of tests', WEBHOOK_SECRETS: [Buffer.alloc(24, 1)] }
const address = { publicUrl: 'https://sms.example.com', callbackToken: 't0ken' }
const parsers = listReceiptParsers(secrets, address)

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('13800138000', 'SMSArrived', '0', 'a1'),
)
const value = fc.oneof({ weight: 3, arbitrary: text }, fc.jsonValue({ maxDepth: 2 }), fc.boolean())
const NAMES = `__proto__ Request action status content reqId deliverCode success biz_id out_id err_code
  report_status sid ext errmsg id code MessageSid MessageStatus SmsStatus ErrorCode smsMsgId extend
  statusReportList messageId client-ref err-code`
const fields = fc.dictionary(fc.oneof(fc.constantFrom(...NAMES.split(/\s+/)), fc.string()), value)
const state = fc.constantFrom(
  'SUCCESS',
  'FAIL',
  'DELIVRD',
  'rejected',
  'delivered',
  'undelivered',
  'failed',
  true,
  false,
  '0',
)
const row = fc.tuple(fields, state).map(([some, word]) => ({
  ...some,
  success: word,
  report_status: word,
  status: word,
  action: 'SMSArrived',
}))
const json = fc.oneof(
  fc.array(fc.oneof(row, value)),
  row,
  fc.record({ Request: row }),
  fc.record({ statusReportList: fc.array(fc.oneof(row, value)) }),
  fc.jsonValue(),
)
const encoded = fc
  .array(
    fc.tuple(
      fc.oneof(
        fc.constantFrom('MessageSid', 'MessageStatus', 'ErrorCode', 'smsMsgId', 'messageId', 'status'),
        text,
      ),
      text,
    ),
  )
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

describe.each([...parsers])('whatever the API receives, the parser of %s', (_name, parser) => {
  it('returns ids and codes that are safe to keep, or null', () => {
    fc.assert(
      fc.property(received, (call) => {
        const receipts = parser.read(call)
        for (const { ids, state: became, code } of receipts ?? []) {
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

it.each(['13800138000', '85261234567', 'to_85261234567', '1234567'])(
  'a code that may contain a phone number is not kept: %s',
  (err_code) => {
    const report = JSON.stringify([{ success: false, biz_id: 'b1', err_code }])
    expect(parsers.get('aliyun')?.read({ headers: {}, query: '', body: report })).toEqual([
      { ids: ['b1'], state: 'undelivered', code: 'UNKNOWN_CODE' },
    ])
  },
)

it.each(['twilio', 'webhook'])('the parser of %s rejects calls that are not signed', (name) => {
  fc.assert(
    fc.property(received, (call) => {
      expect(parsers.get(name)?.verify?.(call)).toBe(false)
    }),
  )
})

describe('the list of parsers', () => {
  it('is empty without a token', () => {
    expect(listReceiptParsers(secrets, { ...address, callbackToken: undefined }).size).toBe(0)
  })

  it('has a vendor that signs only if its secret is configured', () => {
    expect([...listReceiptParsers({}, address).keys()]).toEqual([
      'ccp',
      'aliyun',
      'tencent',
      'huawei',
      'vonage',
    ])
    expect([...parsers.keys()]).toEqual(['ccp', 'aliyun', 'tencent', 'huawei', 'vonage', 'twilio', 'webhook'])
  })

  it('has the gateways of the policy under their own names', () => {
    const gateways = { shop: { vendor: 'aliyun' }, ccp: {}, printer: { vendor: 'console' } }
    const named = listReceiptParsers(secrets, address, gateways)
    expect(named.get('shop')).toBe(named.get('aliyun'))
    expect([...named.keys()]).toEqual([...parsers.keys(), 'shop'])
    expect([...lackedSecrets({}, address, { us: { vendor: 'twilio' } })]).toEqual([
      ['twilio', 'TWILIO_AUTH_TOKEN'],
      ['webhook', 'WEBHOOK_SECRETS'],
      ['us', 'TWILIO_AUTH_TOKEN'],
    ])
  })

  it('needs the public address for Twilio, which signs it', () => {
    const unknown = { ...address, publicUrl: undefined }
    expect(receiptFaults(secrets, unknown)).toEqual([expect.stringMatching(/^PUBLIC_URL: is missing/)])
    expect(receiptFaults(secrets, address)).toEqual([])
    expect(receiptFaults({}, unknown)).toEqual([])
    expect(receiptFaults(secrets, { ...unknown, callbackToken: undefined })).toEqual([])
  })
})
