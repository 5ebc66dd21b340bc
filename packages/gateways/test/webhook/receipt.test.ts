import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { createWebhookReceipts } from '../../src/webhook/receipt.ts'
import { readSecret } from '../../src/webhook/signature.ts'
import { received } from '../received-call.ts'

const [older, newer, other] = [1, 2, 3].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`)
const now = new Date('2026-01-01T19:04:05Z')
const keys = [newer, older].map((secret = '') => readSecret(secret))
const parser = createWebhookReceipts({ keys, now: () => now })
const verify = parser.verify ?? (() => false)

const ID = '0f8fad5bd9cb469fa16570867728950e'
const delivered = JSON.stringify({ id: ID, status: 'delivered' })

/** A call that the library of the standard has signed. */
function signed(body: string, { secret = newer, at = now, id = 'msg_1' } = {}) {
  return received(body, {
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(secret ?? '').sign(id, at, body),
    },
  })
}
const after = (seconds: number) => new Date(now.getTime() + seconds * 1000)

describe('the signature of a delivery receipt', () => {
  it('is verified with either of the two secrets and with no other', () => {
    expect(verify(signed(delivered))).toBe(true)
    expect(verify(signed(delivered, { secret: older }))).toBe(true)
    expect(verify(signed(delivered, { secret: other }))).toBe(false)
  })

  it('can be one of several signatures', () => {
    const call = signed(delivered)
    const right = String(call.headers['webhook-signature'])
    const wrong = String(signed(delivered, { secret: other }).headers['webhook-signature'])
    const shown = (signatures: string) => ({
      ...call,
      headers: { ...call.headers, 'webhook-signature': signatures },
    })
    expect(verify(shown(`${wrong} v1a,AAAA ${right}`))).toBe(true)
    expect(verify(shown(`${wrong} ${wrong}`))).toBe(false)
    expect(verify(shown(right.replace('v1,', 'v2,')))).toBe(false)
    expect(verify(shown(right.replace('v1,', '')))).toBe(false)
    expect(verify(shown(right.slice(0, -1)))).toBe(false)
    expect(verify(shown(`${right}=`))).toBe(false)
  })

  it('covers the body, the id and the time', () => {
    const call = signed(delivered)
    expect(verify({ ...call, body: `${delivered} ` })).toBe(false)
    for (const [name, value] of [
      ['webhook-id', 'msg_2'],
      ['webhook-timestamp', String(now.getTime() / 1000 + 1)],
    ])
      expect(verify({ ...call, headers: { ...call.headers, [name ?? '']: value } })).toBe(false)
  })

  it('is valid for five minutes before and after its time', () => {
    for (const seconds of [-300, 0, 300]) expect(verify(signed(delivered, { at: after(seconds) }))).toBe(true)
    for (const seconds of [-301, 301, -86_400])
      expect(verify(signed(delivered, { at: after(seconds) }))).toBe(false)
  })

  it('is rejected if the id contains a dot, which separates id and time', () => {
    expect(verify(signed(delivered, { id: 'a.b' }))).toBe(false)
  })

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])(
    'is rejected without a valid %s',
    (name) => {
      const call = signed(delivered)
      for (const value of [undefined, '', 'x'.repeat(10_000), '-1', '1e3', 'NaN', ['a', 'b']])
        expect(verify({ ...call, headers: { ...call.headers, [name]: value } })).toBe(false)
    },
  )

  it('is always rejected without a key', () => {
    expect(createWebhookReceipts({ keys: [] }).verify?.(signed(delivered, { at: new Date() }))).toBe(false)
  })
})

describe('a delivery receipt of a webhook receiver', () => {
  const read = (body: unknown) => parser.read(received(body))

  it('contains the state of the message', () => {
    expect(read(delivered)).toEqual([{ ids: [ID], state: 'delivered', code: 'delivered' }])
    expect(read({ id: ID, status: 'undelivered', code: 'E42' })).toEqual([
      { ids: [ID], state: 'undelivered', code: 'E42' },
    ])
    expect(read({ id: ID, status: 'undelivered', code: '13800138000' })).toMatchObject([
      { code: 'undelivered' },
    ])
  })

  it('is not read from a status that is not final', () => {
    for (const status of ['queued', 'sent', '']) expect(read({ id: ID, status })).toEqual([])
  })

  it('is unreadable without an id and a status', () => {
    for (const body of [
      '',
      '[]',
      'null',
      '{',
      {},
      { id: ID },
      { status: 'delivered' },
      { id: 7, status: 'delivered' },
    ])
      expect(read(body)).toBeNull()
    for (const id of ['', 'a b', '13800138000', 'x'.repeat(65)])
      expect(read({ id, status: 'delivered' })).toBeNull()
  })
})
