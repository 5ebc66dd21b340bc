import { randomBytes } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aMobile, startApiWith, type Api } from '../api.ts'

const KEYS = { shop: 's'.repeat(32), crm: 'c'.repeat(32), vault: 'v'.repeat(32), open: 'o'.repeat(32) }
type Name = keyof typeof KEYS
const SECRETS = {
  PHONE_KEY: randomBytes(32).toString('base64'),
  CODE_KEYS: `k1:${randomBytes(32).toString('base64')}`,
}
/** The scenes to which the key of each name is bound. */
type Bindings = Partial<Record<Name, readonly string[]>>

/** Starts an API with the keys of these names. */
function startWith(bindings: Bindings) {
  const names = (['shop', 'crm', 'vault', 'open'] as const).filter((name) => bindings[name] !== undefined)
  const api_keys = Object.fromEntries(
    names.map((name) => [
      name,
      { scopes: ['redeem', 'contacts'], ...(bindings[name]?.length && { scenes: bindings[name] }) },
    ]),
  )
  const API_KEYS = names.map((name) => `${name}:${KEYS[name]}`).join(',')
  return startApiWith({ api_keys }, { ...SECRETS, API_KEYS })
}

const BOUND = { shop: ['login'], crm: ['login', 'register'], vault: ['reset_password'], open: [] }

let api: Api
beforeAll(async () => {
  api = await startWith(BOUND)
})
afterAll(() => api.stop())

const redeem = (receipt: string, name: Name, scene: string, on = api) =>
  on.post('/v1/receipts/redeem', { receipt, scene }, { authorization: `Bearer ${KEYS[name]}` })
const REFUSED = { status: 400, body: { code: '5006', errmsg: '凭证无效' } }

describe('a receipt', () => {
  it.each([
    ['login', ['shop', 'crm']],
    ['register', 'crm'],
    ['reset_password', 'vault'],
    ['default', undefined],
  ])('of the scene %s is for %j', async (scene, audience) => {
    expect(decodeJwt(await api.receipt(aMobile(), scene)).aud).toEqual(audience)
  })

  it.each([
    ['login', 'shop', true],
    ['login', 'crm', true],
    ['login', 'vault', false],
    ['login', 'open', false],
    ['register', 'shop', false],
    ['register', 'crm', true],
    ['register', 'vault', false],
    ['register', 'open', false],
    ['reset_password', 'shop', false],
    ['reset_password', 'crm', false],
    ['reset_password', 'vault', true],
    ['reset_password', 'open', false],
    ['default', 'shop', false],
    ['default', 'crm', false],
    ['default', 'vault', false],
    ['default', 'open', true],
  ] as const)('of the scene %s, which %s redeems: %s', async (scene, name, isRedeemed) => {
    const receipt = await api.receipt(aMobile(), scene)
    const answer = await redeem(receipt, name, scene)
    expect(answer).toMatchObject(isRedeemed ? { status: 200, body: { scene } } : REFUSED)
    // A refusal does not spend the receipt.
    const other = scene === 'default' ? 'open' : scene === 'reset_password' ? 'vault' : 'crm'
    expect(await redeem(receipt, other, scene)).toMatchObject({ status: isRedeemed ? 409 : 200 })
  })

  it('gets no other answer from a foreign back end after it was redeemed', async () => {
    const receipt = await api.receipt(aMobile(), 'login')
    expect(await redeem(receipt, 'shop', 'login')).toMatchObject({ status: 200 })
    expect(await redeem(receipt, 'vault', 'login')).toEqual(REFUSED)
    expect(await redeem(receipt, 'crm', 'login')).toMatchObject({ status: 409 })
  })

  it('keeps its audience in a repeated answer', async () => {
    const mobile = aMobile()
    const { rid, code } = await api.sent(mobile, 'login')
    const body = { mobile, sms_code: code, scene: 'login', request_id: rid }
    const verify = () => api.post('/v1/sms_codes/verify', body, { 'idempotency-key': 'k'.repeat(16) })
    const [first, second] = [await verify(), await verify()]
    expect(second).toEqual(first)
    expect(decodeJwt(String(second.body['receipt'])).aud).toEqual(['shop', 'crm'])
  })

  it('for forty back ends with long names can be redeemed', async () => {
    const names = Array.from({ length: 40 }, (_, i) => `b${String(i).padStart(31, '0')}`)
    const keys = names.map((name) => `${name}:${name.replace('b', 'k')}`)
    const api_keys = Object.fromEntries(
      names.map((name) => [name, { scopes: ['redeem'], scenes: ['login'] }]),
    )
    const many = await startApiWith({ api_keys }, { ...SECRETS, API_KEYS: keys.join(',') })
    const receipt = await many.receipt(aMobile(), 'login')
    expect(decodeJwt(receipt).aud).toEqual(names)
    const authorization = `Bearer ${names[39]?.replace('b', 'k')}`
    const answer = await many.post('/v1/receipts/redeem', { receipt, scene: 'login' }, { authorization })
    expect(answer).toMatchObject({ status: 200 })
    await many.stop()
  })
})

describe('after a change of the bindings', () => {
  /** Issues a receipt under the first keys, and lets each back end try to redeem it under the second keys. */
  async function change(before: Bindings, after: Bindings) {
    const [old, fresh] = await Promise.all([startWith(before), startWith(after)])
    const receipt = await old.receipt(aMobile(), 'login')
    const redeemed: Name[] = []
    for (const name of ['shop', 'crm', 'open'] as const) {
      const { status } = await redeem(receipt, name, 'login', fresh)
      if (status === 200) redeemed.push(name)
      await fresh.redis.del(`sms:{${decodeJwt(receipt).jti}}:redeemed`)
    }
    await Promise.all([old.stop(), fresh.stop()])
    return redeemed
  }

  const LOGIN = ['login']
  it.each([
    ['a key was bound', { shop: [], open: [] }, { shop: LOGIN, open: [] }, ['shop']],
    ['the binding was removed', { shop: LOGIN, open: [] }, { shop: [], open: [] }, ['shop']],
    ['another key was bound as well', { shop: LOGIN, crm: [] }, { shop: LOGIN, crm: LOGIN }, ['shop']],
    ['one of two bindings was removed', { shop: LOGIN, crm: LOGIN }, { shop: LOGIN, crm: [] }, ['shop']],
    ['nothing was bound', { shop: [], open: [] }, { shop: [], open: [] }, ['shop', 'open']],
  ])('an earlier receipt is only for the back ends of both: %s', async (_what, before, after, redeemed) => {
    expect(await change(before, after)).toEqual(redeemed)
  })
})

it('a bound key may store contacts and erase phones', async () => {
  const mobile = aMobile()
  const headers = { authorization: `Bearer ${KEYS.vault}`, 'content-type': 'application/json' }
  const payload = JSON.stringify({ email: 'owner@mail.example', verified_at: '2026-01-01' })
  const put = await api.app.inject({ method: 'PUT', url: `/v1/contacts/${mobile}`, headers, payload })
  const { authorization } = headers
  const erase = { method: 'DELETE', url: `/v1/contacts/${mobile}`, headers: { authorization } } as const
  expect([put.statusCode, (await api.app.inject(erase)).statusCode]).toEqual([204, 200])
})
