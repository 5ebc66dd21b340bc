import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTwilioReceipts, signTwilio } from '../../src/twilio/receipt.ts'
import vectors from '../fixtures/twilio-signatures.json' with { type: 'json' }
import { received } from '../received-call.ts'

const authToken = 'a token of tests'
const url = 'https://sms.example.com/callbacks/twilio/t0ken'
const parser = createTwilioReceipts({ authToken, url })
const verify = parser.verify ?? (() => false)

const ECHO = '0f8fad5bd9cb469fa16570867728950e'
const SID = 'SM00000000000000000000000000000000'
const query = `echo=${ECHO}`
const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString()
const delivered = form({ MessageSid: SID, MessageStatus: 'delivered', To: '+8613800138000' })

/** A call as Twilio signs it, over `address` with `token`. */
function signed(body: string, { address = `${url}?${query}`, token = authToken } = {}) {
  const signature = signTwilio(token, address, new URLSearchParams(body))
  return received(body, { query, headers: { 'x-twilio-signature': signature } })
}

describe('a signature of Twilio', () => {
  const fieldsOf = (params: Record<string, string>) => new URLSearchParams(params)

  it.each(vectors)('is that of the vector $id', ({ input, expect: expected }) => {
    const signature = signTwilio(input.authToken, input.url, fieldsOf(input.params))
    expect(signature).toBe(expected['X-Twilio-Signature'])
  })

  const forms = vectors.filter(({ input }) => Object.keys(input.params).length > 0)
  it.each(forms)('of the vector $id is verified, with or without a port', ({ input, expect: expected }) => {
    const [address = '', asked = ''] = input.url.split('?')
    const { verify: check } = createTwilioReceipts({ authToken: input.authToken, url: address })
    const headers = { 'x-twilio-signature': expected['X-Twilio-Signature'] }
    const body = fieldsOf(input.params).toString()
    expect(check?.(received(body, { query: asked, headers }))).toBe(true)
    expect(check?.(received(body, { query: `${asked}&c=3`, headers }))).toBe(false)
    expect(check?.(received(`${body}&Extra=1`, { query: asked, headers }))).toBe(false)
  })

  it('does not depend on the order of the fields and covers equal fields once', () => {
    const of = (body: string) => signTwilio('t', 'https://a.example/', new URLSearchParams(body))
    expect(of('b=2&a=1&a=0')).toBe(of('a=0&a=1&b=2'))
    expect(of('a=1&a=1')).toBe(of('a=1'))
    expect(of('a=1&a=2')).not.toBe(of('a=1'))
    expect(of('a=+%E7%A0%81')).toBe(of('a=%20%e7%a0%81'))
  })
})

describe('a delivery receipt of Twilio', () => {
  it('is verified over the public address with its query, independently of the Host header', () => {
    const call = signed(delivered)
    expect(verify(call)).toBe(true)
    expect(verify({ ...call, headers: { ...call.headers, host: '127.0.0.1:3000' } })).toBe(true)
    for (const other of ['', 'echo=', 'echo=a1', `${query}&a=b`])
      expect(verify({ ...call, query: other })).toBe(false)
  })

  it.each([
    'https://sms.example.com/callbacks/twilio/t0ken',
    `https://sms.example.com/callbacks/twilio/other?${query}`,
    `https://other.example.com/callbacks/twilio/t0ken?${query}`,
    `http://sms.example.com/callbacks/twilio/t0ken?${query}`,
    `https://sms.example.com:8443/callbacks/twilio/t0ken?${query}`,
  ])('is rejected if it is signed for another address: %s', (address) => {
    expect(verify(signed(delivered, { address }))).toBe(false)
  })

  it('is rejected if it is signed with another token or was changed', () => {
    expect(verify(signed(delivered, { token: 'another token' }))).toBe(false)
    expect(verify(signed(delivered, { token: '' }))).toBe(false)
    const call = signed(delivered)
    expect(verify({ ...call, body: delivered.replace('delivered', 'failed') })).toBe(false)
    expect(verify({ ...call, body: `${delivered}&ErrorCode=30003` })).toBe(false)
  })

  it.each([undefined, '', ' ', '=', 'RSOYDt4T1cUTdK1PDd93/VVr8B8=', 'x'.repeat(100_000), ['a', 'b']])(
    'is rejected with an invalid signature: %j',
    (signature) => {
      const call = signed(delivered)
      expect(verify({ ...call, headers: { 'x-twilio-signature': signature } })).toBe(false)
    },
  )

  it('contains the state of the message, the id of Twilio and our id', () => {
    const ids = [SID, ECHO]
    expect(parser.read(signed(delivered))).toEqual([{ ids, state: 'delivered', code: 'delivered' }])
    for (const MessageStatus of ['undelivered', 'failed']) {
      const fields = { MessageSid: SID, MessageStatus }
      expect(parser.read(signed(form({ ...fields, ErrorCode: '30003' })))).toEqual([
        { ids, state: 'undelivered', code: '30003' },
      ])
      expect(parser.read(signed(form(fields)))).toMatchObject([{ code: MessageStatus }])
    }
  })

  it('can lack one of the two ids', () => {
    expect(parser.read(received(delivered))).toMatchObject([{ ids: [SID] }])
    const bare = form({ SmsStatus: 'delivered' })
    expect(parser.read(received(bare, { query }))).toMatchObject([{ ids: [ECHO] }])
    expect(parser.read(received(bare))).toBeNull()
    expect(parser.read(received(bare, { query: 'echo=13800138000' }))).toBeNull()
  })

  it.each(['accepted', 'scheduled', 'queued', 'sending', 'sent', 'Delivered', ''])(
    'is not read from a status that is not final: %s',
    (MessageStatus) => {
      expect(parser.read(received(form({ MessageSid: SID, MessageStatus })))).toEqual([])
    },
  )

  it('is unreadable without a status', () => {
    for (const body of ['', '{}', form({ MessageSid: SID })]) expect(parser.read(received(body))).toBeNull()
  })

  it('may have any size', () => {
    const huge = Array.from({ length: 100_000 }, (_, n) => `f${n}=${n}`).join('&')
    expect(verify(signed(huge))).toBe(true)
    expect(parser.read(received(huge))).toBeNull()
  })

  it('is verified with any fields, and rejected after a change of any field', () => {
    const fields = fc.array(fc.tuple(fc.string(), fc.string()), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(fields, (pairs) => {
        const body = new URLSearchParams(pairs).toString()
        const call = signed(body)
        expect(verify(call)).toBe(true)
        expect(verify({ ...call, body: `${body}x` })).toBe(false)
      }),
    )
  })
})

it('a parser cannot be created with an invalid address', () => {
  expect(() => createTwilioReceipts({ authToken, url: '/callbacks/twilio' })).toThrow('Invalid URL')
})
