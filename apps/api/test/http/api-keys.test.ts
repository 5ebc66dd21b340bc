import { Writable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogger } from '@sms-codes/core/logger'
import { aMobile, startApi, startApiWith, type Api } from '../api.ts'

const [SHOP, CRM] = ['s'.repeat(32), `${'C'.repeat(62)}_-`]
/** The scopes of each key, by its name. */
const SCOPED = { none: [], send: ['send'], redeem: ['redeem'], contacts: ['contacts'] } as const
const keyOf = (name: string) => name.padEnd(32, '_')
const lines: string[] = []
const sink = new Writable({
  write(chunk, _encoding, done) {
    lines.push(String(chunk))
    done()
  },
})

let api: Api
let closed: Api
beforeAll(async () => {
  const scoped = Object.keys(SCOPED).map((name) => `${name}:${keyOf(name)}`)
  const API_KEYS = `shop:${SHOP},crm:${CRM},${scoped.join()}`
  const rules = Object.fromEntries(Object.entries(SCOPED).map(([name, scopes]) => [name, { scopes }]))
  api = await startApiWith({ api_keys: rules }, { API_KEYS }, createLogger('api', 'debug', sink))
  closed = await startApi()
})
afterAll(async () => {
  await Promise.all([api.stop(), closed.stop()])
})

const ROUTES = [
  ['POST', '/v1/receipts/redeem'],
  ['PUT', '/v1/contacts/13800138000'],
  ['DELETE', '/v1/contacts/13800138000'],
] as const

const ask = (on: Api, [method, url]: readonly [string, string], authorization?: string, payload = '{') =>
  on.app.inject({
    method: method === 'POST' ? 'POST' : method === 'PUT' ? 'PUT' : 'DELETE',
    url,
    headers: {
      'content-type': 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    },
    payload,
  })

describe.each(ROUTES)('%s %s', (...route) => {
  it.each([
    ['no key', undefined],
    ['an empty header', ''],
    ['an empty key', 'Bearer '],
    ['another key', `Bearer ${'x'.repeat(32)}`],
    ['a key cut by one', `Bearer ${SHOP.slice(1)}`],
    ['a key and one more', `Bearer ${SHOP}s`],
    ['a key in other letters', `Bearer ${SHOP.toUpperCase()}`],
    ['a name for a key', 'Bearer shop'],
    ['a name and its key', `Bearer shop:${SHOP}`],
    ['both keys', `Bearer ${SHOP} ${CRM}`],
    ['a key of another scheme', `Basic ${SHOP}`],
    ['a key without a scheme', SHOP],
  ])('answers %s with 401, whatever else is wrong', async (_what, authorization) => {
    const response = await ask(api, route, authorization)
    expect(response.statusCode).toBe(401)
    expect(response.json()).toEqual({ code: '4101', errmsg: 'API 密钥缺失或无效' })
    expect(response.headers).toMatchObject({ 'www-authenticate': 'Bearer', 'cache-control': 'no-store' })
  })

  it('answers every key with 401 if no key is configured', async () => {
    for (const authorization of [undefined, 'Bearer ', 'Bearer undefined', `Bearer ${SHOP}`])
      expect((await ask(closed, route, authorization)).statusCode).toBe(401)
  })

  it('accepts each of the keys, in any case of the scheme', async () => {
    // The request itself is not valid, so the answer is 400 in place of 401.
    for (const authorization of [`Bearer ${SHOP}`, `bearer ${CRM}`, `BEARER  ${SHOP}`])
      expect((await ask(api, route, authorization)).statusCode).toBe(400)
  })

  it('is documented as a route that needs a key', async () => {
    const { paths, components } = (await api.app.inject({ url: '/openapi.json' })).json<{
      paths: Record<string, Record<string, { security?: unknown }>>
      components: { securitySchemes: unknown }
    }>()
    const [method, url] = route
    const path = paths[url.replace('13800138000', '{mobile}')]
    expect(path?.[method.toLowerCase()]?.security).toEqual([{ apiKey: [] }])
    expect(components.securitySchemes).toMatchObject({ apiKey: { type: 'http', scheme: 'bearer' } })
  })
})

describe.each([
  ['redeem', 'POST', '/v1/receipts/redeem'],
  ['contacts', 'PUT', '/v1/contacts/13800138000'],
  ['contacts', 'DELETE', '/v1/contacts/13800138000'],
  ['send', 'POST', '/v1/sms_codes'],
] as const)('the scope %s, for %s %s', (scope, method, url) => {
  const route = [method, url] as const
  it.each(Object.keys(SCOPED))('decides about a key with the scope %s', async (name) => {
    const response = await ask(api, route, `Bearer ${keyOf(name)}`)
    // The request itself is not valid, so the answer to a key with the scope is 400.
    expect(response.statusCode).toBe(name === scope ? 400 : 403)
    if (name === scope) return
    expect(response.json()).toEqual({ code: '4101', errmsg: 'API 密钥无权调用此接口或场景' })
    expect(response.headers['www-authenticate']).toBe(`Bearer error="insufficient_scope", scope="${scope}"`)
  })

  it('is that of a key without an entry in the policy, unless it is send', async () => {
    expect((await ask(api, route, `Bearer ${SHOP}`)).statusCode).toBe(scope === 'send' ? 403 : 400)
  })
})

it('the log shows the name of the API key, and no key, number, address or receipt', async () => {
  const mobile = aMobile()
  const receipt = await api.receipt(mobile)
  const authorization = `Bearer ${CRM}`
  await api.post('/v1/receipts/redeem', { receipt, scene: 'login', mobile }, { authorization })
  const contact = { email: 'owner@mail.example', verified_at: '2026-01-01' }
  await ask(api, ['PUT', `/v1/contacts/${mobile}`], authorization, JSON.stringify(contact))
  await ask(api, ['DELETE', `/v1/contacts/${mobile}`], authorization, '{}')
  const text = lines.join('')
  const said = ['receipt redeemed', 'contact stored', 'phone erased']
  const told = lines.filter((line) => said.some((what) => line.includes(what)))
  expect(told.map((line) => line.includes('"backend":"crm"'))).toEqual([true, true, true])
  for (const secret of [SHOP, CRM, mobile, 'mail.example', receipt]) expect(text).not.toContain(secret)
})
