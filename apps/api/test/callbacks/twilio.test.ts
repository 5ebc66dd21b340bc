import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTwilioCallback, signTwilio } from '../../src/callbacks/twilio.ts'
import vectors from './fixtures/twilio-signatures.json' with { type: 'json' }
import { received } from './received.ts'

const authToken = 'a token of tests'
const url = 'https://sms.example.com/callbacks/twilio/t0ken'
const callback = createTwilioCallback({ authToken, url })
const verify = callback.verify ?? (() => false)

const ECHO = '0f8fad5bd9cb469fa16570867728950e'
const SID = 'SM00000000000000000000000000000000'
const query = `echo=${ECHO}`
const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString()
const delivered = form({ MessageSid: SID, MessageStatus: 'delivered', To: '+8613800138000' })

/** As Twilio sends it: `address` and `token` are what it signs with. */
function signed(body: string, { address = `${url}?${query}`, token = authToken } = {}) {
  const signature = signTwilio(token, address, new URLSearchParams(body))
  return received(body, { query, headers: { 'x-twilio-signature': signature } })
}

describe('the signature of Twilio', () => {
  const fieldsOf = (params: Record<string, string>) => new URLSearchParams(params)

  it.each(vectors)('is that of the vector $id', ({ input, expect: expected }) => {
    const signature = signTwilio(input.authToken, input.url, fieldsOf(input.params))
    expect(signature).toBe(expected['X-Twilio-Signature'])
  })

  const forms = vectors.filter(({ input }) => Object.keys(input.params).length > 0)
  it.each(forms)('of the vector $id is verified, with its port or without', ({ input, expect: expected }) => {
    const [address = '', asked = ''] = input.url.split('?')
    const { verify: check } = createTwilioCallback({ authToken: input.authToken, url: address })
    const headers = { 'x-twilio-signature': expected['X-Twilio-Signature'] }
    const body = fieldsOf(input.params).toString()
    expect(check?.(received(body, { query: asked, headers }))).toBe(true)
    expect(check?.(received(body, { query: `${asked}&c=3`, headers }))).toBe(false)
    expect(check?.(received(`${body}&Extra=1`, { query: asked, headers }))).toBe(false)
  })

  it('does not depend on the order of the fields, and counts equal ones once', () => {
    const of = (body: string) => signTwilio('t', 'https://a.example/', new URLSearchParams(body))
    expect(of('b=2&a=1&a=0')).toBe(of('a=0&a=1&b=2'))
    expect(of('a=1&a=1')).toBe(of('a=1'))
    expect(of('a=1&a=2')).not.toBe(of('a=1'))
    expect(of('a=+%E7%A0%81')).toBe(of('a=%20%e7%a0%81'))
  })
})

describe('a receipt of Twilio', () => {
  it('is verified over the public address with its query, whatever Host says', () => {
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
  ])('is refused when it was signed for another address: %s', (address) => {
    expect(verify(signed(delivered, { address }))).toBe(false)
  })

  it('is refused when it was signed with another token or changed on its way', () => {
    expect(verify(signed(delivered, { token: 'another token' }))).toBe(false)
    expect(verify(signed(delivered, { token: '' }))).toBe(false)
    const call = signed(delivered)
    expect(verify({ ...call, body: delivered.replace('delivered', 'failed') })).toBe(false)
    expect(verify({ ...call, body: `${delivered}&ErrorCode=30003` })).toBe(false)
  })

  it.each([undefined, '', ' ', '=', 'RSOYDt4T1cUTdK1PDd93/VVr8B8=', 'x'.repeat(100_000), ['a', 'b']])(
    'is refused with a signature that is none: %j',
    (signature) => {
      const call = signed(delivered)
      expect(verify({ ...call, headers: { 'x-twilio-signature': signature } })).toBe(false)
    },
  )

  it('says what became of the message, by its id and ours', () => {
    const ids = [SID, ECHO]
    expect(callback.read(signed(delivered))).toEqual([{ ids, state: 'delivered', code: 'delivered' }])
    for (const MessageStatus of ['undelivered', 'failed']) {
      const fields = { MessageSid: SID, MessageStatus }
      expect(callback.read(signed(form({ ...fields, ErrorCode: '30003' })))).toEqual([
        { ids, state: 'undelivered', code: '30003' },
      ])
      expect(callback.read(signed(form(fields)))).toMatchObject([{ code: MessageStatus }])
    }
  })

  it('is joined by one id where the other is missing', () => {
    expect(callback.read(received(delivered))).toMatchObject([{ ids: [SID] }])
    const bare = form({ SmsStatus: 'delivered' })
    expect(callback.read(received(bare, { query }))).toMatchObject([{ ids: [ECHO] }])
    expect(callback.read(received(bare))).toBeNull()
    expect(callback.read(received(bare, { query: 'echo=13800138000' }))).toBeNull()
  })

  it.each(['accepted', 'scheduled', 'queued', 'sending', 'sent', 'Delivered', ''])(
    'reports nothing yet: %s',
    (MessageStatus) => {
      expect(callback.read(received(form({ MessageSid: SID, MessageStatus })))).toEqual([])
    },
  )

  it('is unreadable without a status', () => {
    for (const body of ['', '{}', form({ MessageSid: SID })]) expect(callback.read(received(body))).toBeNull()
  })

  it('of any size is judged', () => {
    const huge = Array.from({ length: 100_000 }, (_, n) => `f${n}=${n}`).join('&')
    expect(verify(signed(huge))).toBe(true)
    expect(callback.read(received(huge))).toBeNull()
  })

  it('is verified for any fields, and not after any of them changed', () => {
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

it('an address that is none stops the start', () => {
  expect(() => createTwilioCallback({ authToken, url: '/callbacks/twilio' })).toThrow('Invalid URL')
})
