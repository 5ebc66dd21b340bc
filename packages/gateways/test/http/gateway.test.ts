import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HttpPolicy } from '@sms-codes/core/config/http-policy'
import { outcomeClasses } from '../../src/gateway.ts'
import { createHttpGateway } from '../../src/http/gateway.ts'
import { gatewayContract } from '../contract.ts'
import { message, sendBy } from './setup.ts'

const SECRET = 'k3y-of-the-account'
const secrets = { 'env:ACME_KEY': SECRET }

const formPolicy: HttpPolicy = {
  url: 'https://sms.example.com/send',
  auth: { header: { name: 'X-Key', value: '{env:ACME_KEY}' } },
  form: { mobile: '{to}', text: '{text}' },
  success: { status: [200], path: 'code', equals: ['0'] },
  id: 'sid',
  classes: {
    number: '-10 20-22',
    number_limit: '17',
    template: '5',
    config: '-1',
    retry_same: '-5 BUSY',
    switch_now: '28 HTTP_410',
    ambiguous: '-50',
    duplicate: '54',
  },
}
const jsonPolicy: HttpPolicy = {
  url: 'https://sms.example.com/v3/messages?channel=sms',
  auth: { bearer: '{env:ACME_KEY}' },
  json: { messages: [{ to: '{digits}', content: { code: '{code}' } }] },
  success: { status: [200, 202], path: 'messages.0.id' },
  id: 'messages.0.id',
  code: 'error.code',
  classes: { number: 'BAD_NUMBER', config: 'NO_CREDIT' },
}
const refusal = (code: unknown) => JSON.stringify({ code, msg: '失败' })

gatewayContract('http with a form', {
  create: (baseUrl, transport) =>
    createHttpGateway({
      name: 'acme',
      http: { ...formPolicy, url: `${baseUrl}/send` },
      secrets,
      wordingOf: () => ({}),
      transport,
    }),
  accepted: { status: 200, body: '{"code":0,"sid":16310984574}', messageId: '16310984574' },
  refusals: [
    { status: 200, body: refusal(-10), class: 'number', code: '-10' },
    { status: 400, body: refusal('21'), class: 'number', code: '21' },
    { status: 400, body: refusal(17), class: 'number_limit', code: '17' },
    { status: 200, body: refusal(5), class: 'template', code: '5' },
    { status: 400, body: refusal(-1), class: 'config', code: '-1' },
    { status: 503, body: refusal(-1), class: 'ambiguous', code: 'HTTP_503' },
    { status: 200, body: refusal('BUSY'), class: 'retry_same', code: 'BUSY' },
    { status: 200, body: refusal(28), class: 'switch_now', code: '28' },
    { status: 410, body: '', class: 'switch_now', code: 'HTTP_410' },
    { status: 200, body: refusal(-50), class: 'ambiguous', code: '-50' },
    { status: 200, body: refusal(54), class: 'duplicate', code: '54' },
    { status: 200, body: refusal(99), class: 'switch_now', code: '99' },
  ],
  echo: (text) => JSON.stringify({ code: text, sid: text, msg: text }),
})

gatewayContract('http with JSON', {
  create: (baseUrl, transport) =>
    createHttpGateway({
      name: 'acme',
      http: { ...jsonPolicy, url: `${baseUrl}/v3/messages?channel=sms` },
      secrets,
      wordingOf: () => ({}),
      transport,
    }),
  accepted: { status: 202, body: '{"messages":[{"id":"a1-b2"}]}', messageId: 'a1-b2' },
  refusals: [
    { status: 400, body: '{"error":{"code":"BAD_NUMBER"}}', class: 'number', code: 'BAD_NUMBER' },
    { status: 402, body: '{"error":{"code":"NO_CREDIT"}}', class: 'config', code: 'NO_CREDIT' },
    { status: 422, body: '{"error":{"code":"OTHER"}}', class: 'switch_now', code: 'OTHER' },
    { status: 422, body: '{"error":{}}', class: 'config', code: 'HTTP_422' },
  ],
  echo: (text) => JSON.stringify({ messages: [{ id: text }], error: { code: text } }),
})

const every =
  '{to} {digits} {national} {country_code} {code} {minutes} {seconds} {id} {scene} {locale} {template} {sign_name} {sender} {{x}}'
const wording = { template: 'T/1', sign_name: '演示', sender: 'De mo' }

describe('the request of a described vendor', () => {
  it('has every placeholder in its body', async () => {
    const { body } = await sendBy({ ...formPolicy, form: { all: every } }, { wording })
    expect(new URLSearchParams(body).get('all')).toBe(
      `+85290000000 85290000000 90000000 852 739146 5 290 ${message.id} login zh-HK T/1 演示 De mo {x}`,
    )
  })

  it('encodes the fields of a form', async () => {
    const { start, headers, body } = await sendBy(formPolicy, { secrets })
    expect(start).toBe('POST /send HTTP/1.1')
    expect(headers).toMatchObject({ 'content-type': 'application/x-www-form-urlencoded', 'x-key': SECRET })
    expect([...new URLSearchParams(body)]).toEqual([
      ['mobile', '+85290000000'],
      ['text', message.text],
    ])
  })

  it('keeps the types of its JSON, in which a placeholder is a text', async () => {
    const json = { a: ['{minutes}', 5, true, null, { b: '"{text}"' }], '{c}': '{{"code":"{code}"}}' }
    const { headers, body } = await sendBy({ ...jsonPolicy, json }, { secrets })
    expect(headers).toMatchObject({
      'content-type': 'application/json;charset=utf-8',
      authorization: `Bearer ${SECRET}`,
    })
    expect(JSON.parse(body)).toEqual({
      a: ['5', 5, true, null, { b: `"${message.text}"` }],
      '{c}': '{"code":"739146"}',
    })
  })

  it('can be a PUT', async () => {
    const { start } = await sendBy({ ...formPolicy, method: 'PUT' })
    expect(start).toBe('PUT /send HTTP/1.1')
  })

  it('proves the account by user and password', async () => {
    const basic = { user: 'ac me', password: '{env:ACME_KEY}' }
    const { headers } = await sendBy({ ...formPolicy, auth: { basic } }, { secrets })
    expect(headers['authorization']).toBe(`Basic ${Buffer.from(`ac me:${SECRET}`).toString('base64')}`)
  })

  it('proves the account by a parameter, which is encoded', async () => {
    const auth = { query: { name: 'key', value: '{env:ACME_KEY}' } }
    const key = { 'env:ACME_KEY': 'a&b=c#d é' }
    const first = await sendBy({ ...formPolicy, auth }, { secrets: key })
    expect(first.start).toBe('POST /send?key=a%26b%3Dc%23d%20%C3%A9 HTTP/1.1')
    const second = await sendBy({ ...jsonPolicy, auth }, { secrets: key })
    expect(second.start).toBe('POST /v3/messages?channel=sms&key=a%26b%3Dc%23d%20%C3%A9 HTTP/1.1')
  })

  it('gets no further header and no further parameter from a value', async () => {
    const bad = 'x\r\nX-Evil: 1&evil=1?/../é\ud800'
    const { start, headers, body } = await sendBy(
      {
        ...formPolicy,
        url: 'https://sms.example.com/{sender}/send?from={sender}',
        headers: { 'X-From': 'a {sender}' },
        auth: { bearer: '{env:ACME_KEY}' },
        form: { from: '{sender}' },
      },
      { wording: { sender: bad }, secrets: { 'env:ACME_KEY': bad } },
    )
    const value = encodeURIComponent(bad.replace('\ud800', '\ufffd'))
    expect(start).toBe(`POST /${value}/send?from=${value} HTTP/1.1`)
    const inHeader = 'x%0D%0AX-Evil: 1&evil=1?/../%C3%A9%EF%BF%BD'
    expect(headers).toMatchObject({ 'x-from': `a ${inHeader}`, authorization: `Bearer ${inHeader}` })
    expect(headers).not.toHaveProperty('x-evil')
    expect([...new URLSearchParams(body)]).toHaveLength(1)
  })

  it('can replace the type of the content', async () => {
    const { headers } = await sendBy({ ...formPolicy, headers: { 'content-type': 'text/x' } })
    expect(headers['content-type']).toBe('text/x')
  })
})

describe('the answer of a described vendor', () => {
  const outcomeOf = async (http: HttpPolicy, status: number, reply: unknown, given = {}) =>
    (await sendBy(http, { secrets, status, reply: JSON.stringify(reply), ...given })).outcome

  it('is an acceptance by its status alone if the policy names no field', async () => {
    const http = { ...formPolicy, success: { status: [201] } }
    expect(await outcomeOf(http, 201, 'x')).toEqual({ class: 'accepted', code: 'HTTP_201' })
    expect(await outcomeOf(http, 200, 'x')).toEqual({ class: 'ambiguous', code: 'HTTP_200' })
  })

  it('is ambiguous if only its field or only its status is that of an acceptance', async () => {
    expect(await outcomeOf(formPolicy, 201, { code: 0 })).toEqual({ class: 'ambiguous', code: 'HTTP_201' })
    expect(await outcomeOf(formPolicy, 403, { code: 0 })).toEqual({ class: 'ambiguous', code: 'HTTP_403' })
    expect(await outcomeOf(formPolicy, 200, { sid: 1 })).toEqual({ class: 'ambiguous', code: 'HTTP_200' })
  })

  it.each([[[0]], [{ code: 0 }], ['']])('is unreadable if its field is %j', async (code) => {
    expect(await outcomeOf(formPolicy, 200, { code })).toEqual({ class: 'ambiguous', code: 'HTTP_200' })
  })

  it('waits as the vendor asks after a 429, whether or not its code is listed', async () => {
    for (const code of ['BUSY', 'OTHER'])
      expect(await outcomeOf(formPolicy, 429, { code })).toEqual({ class: 'retry_same', code })
  })

  it('has an id only if the id is safe and exact', async () => {
    const idOf = async (sid: unknown) => (await outcomeOf(formPolicy, 200, { code: 0, sid })).messageId
    expect(await idOf('a:b-c.d_1')).toBe('a:b-c.d_1')
    for (const sid of ['two words', 2 ** 60, 1.5, null, ['a'], 'x'.repeat(65), `id-${message.code}`])
      expect(await idOf(sid)).toBeUndefined()
  })

  it('never contains a secret of the request', async () => {
    const basic = { user: 'acme5', password: '{env:ACME_KEY}' } // Its base64 has no padding.
    const http: HttpPolicy = { ...formPolicy, auth: { basic } }
    for (const text of [SECRET, `Key-${SECRET}`, Buffer.from(`acme5:${SECRET}`).toString('base64')]) {
      expect(await outcomeOf(http, 200, { code: 0, sid: text })).toEqual({
        class: 'accepted',
        code: 'HTTP_200',
      })
      expect(await outcomeOf(http, 200, { code: text })).toEqual({
        class: 'switch_now',
        code: 'UNKNOWN_CODE',
      })
    }
  })

  it('has a class; only a status of `success` is an acceptance, and a 408 or 5xx is ambiguous', async () => {
    const code = fc.oneof(fc.constantFrom(0, '0', 17, '-1', 'BUSY', '__proto__'), fc.jsonValue())
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ code, sid: fc.jsonValue() }).map((told) => JSON.stringify(told)),
    )
    const property = fc.asyncProperty(fc.integer({ min: 100, max: 599 }), body, async (status, text) => {
      const post = () => Promise.resolve({ kind: 'answer' as const, status, headers: {}, body: text })
      const gateway = createHttpGateway({
        name: 'acme',
        http: formPolicy,
        secrets,
        wordingOf: () => ({}),
        transport: { post },
      })
      const outcome = await gateway.send(message, new AbortController().signal)
      expect(outcomeClasses).toContain(outcome.class)
      expect(outcome.code).toMatch(/^[\w.:-]{1,64}$/)
      expect(outcome.class === 'accepted' && status !== 200).toBe(false)
      expect(outcome.class === 'ambiguous' || (status !== 408 && status < 500)).toBe(true)
    })
    await fc.assert(property)
  })

  it('to a repeated id is recognised if the policy says so', () => {
    const recognises = (http: HttpPolicy) =>
      createHttpGateway({
        name: 'acme',
        http,
        secrets,
        wordingOf: () => ({}),
        transport: { post: () => Promise.reject(new Error('not called')) },
      }).recognises(0, 1)
    expect(recognises(formPolicy)).toBe(false)
    expect(recognises({ ...formPolicy, idempotent: true })).toBe(true)
  })
})
