import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createContacts } from '@sms-codes/core/codes/contacts'
import { wrong } from '@sms-codes/core/test/store'
import { aMobile, startApi, type Api } from '../api.ts'

const KEY = 'k'.repeat(32)
const authorization = `Bearer ${KEY}`

let api: Api
beforeAll(async () => {
  api = await startApi({ API_KEYS: `shop:${KEY}` })
})
afterAll(() => api.stop())

const put = (mobile: string, payload: object) =>
  api.app.inject({ method: 'PUT', url: `/v1/contacts/${mobile}`, headers: { authorization }, payload })
const erase = (mobile: string, on = api) =>
  on.app.inject({ method: 'DELETE', url: `/v1/contacts/${mobile}`, headers: { authorization } })
const held = (mobile: string) => api.redis.keys(`sms:{${api.keyring.pseudonym(mobile)}}:*`)

const verified_at = '2026-01-02T03:04:05+08:00'
const email = 'owner@mail.example'
const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString()

describe('PUT /v1/contacts/:mobile', () => {
  it('stores the sealed address of the phone', async () => {
    const mobile = aMobile()
    const response = await put(mobile, { email, verified_at })
    expect([response.statusCode, response.body]).toEqual([204, ''])
    expect(await held(mobile)).toEqual([`sms:{${api.keyring.pseudonym(mobile)}}:contact`])
    const [key = ''] = await held(mobile)
    expect(await api.redis.ttl(key)).toBe(-1)
    const sealed = (await api.redis.get(key)) ?? ''
    const decoded = Buffer.from(sealed.slice(sealed.indexOf('.')), 'base64url').toString('latin1')
    expect(decoded).not.toContain('mail')
    expect(sealed).not.toContain(email)
    expect(await createContacts(api.redis, api.keyring).find(mobile)).toEqual({
      email,
      verifiedAt: '2026-01-01T19:04:05.000Z',
    })
  })

  it.each([
    'a@b.cn',
    'first.last+tag@sub-domain.mail.example',
    'A_1-b@EXAMPLE.COM',
    `${'a'.repeat(64)}@${`${'b'.repeat(60)}.`.repeat(3)}cn`,
    "o'brien@mail.example",
    "!#$%&'*+/=?^_`{|}~-@mail.example",
    'owner@mail.xn--fiqs8s',
    'owner@xn--55qw42g.example',
    'owner@mail.photography',
    // Browsers accept these too.
    'owner@localhost',
    'owner@127.0.0.1',
    'a..b@mail.example',
    '.a@mail.example',
    'a%mail.example@b.example',
  ])('accepts the address %s', async (address) => {
    expect((await put(aMobile(), { email: address, verified_at })).statusCode).toBe(204)
  })

  it.each([
    ['no @', 'owner.mail.example'],
    ['two @', 'a@b@mail.example'],
    ['no domain', 'owner@'],
    ['no name', '@mail.example'],
    ['a bracketed domain', 'owner@[127.0.0.1]'],
    ['two addresses', 'a@mail.example,b@mail.example'],
    ['a display name', 'Owner <owner@mail.example>'],
    ['a quoted name', '"a b"@mail.example'],
    ['a comment', 'owner(x)@mail.example'],
    ['a space', 'ow ner@mail.example'],
    ['a line break', 'owner@mail.example\r\nBcc: x@mail.example'],
    ['a line break at its end', 'owner@mail.example\n'],
    ['a NUL', 'owner\0@mail.example'],
    ['a semicolon', 'a@mail.example;b@mail.example'],
    ['a group', 'friends:a@mail.example;'],
    ['a route', '@b.example:a@mail.example'],
    ['a backslash', 'a\\@mail.example'],
    ['two dots in the domain', 'a@mail..example'],
    ['a dot at the end', 'owner@mail.example.'],
    ['a hyphen in front of a label', 'owner@-mail.example'],
    ['letters of another script', 'оwner@mail.example'],
    ['a domain in another script', 'owner@邮件.example'],
    ['a long name', `${'a'.repeat(65)}@mail.example`],
    ['255 characters', `a@${`${'b'.repeat(60)}.`.repeat(4)}${'c'.repeat(9)}`],
    ['a list', ['owner@mail.example']],
    ['a number', 1],
  ])('refuses an address with %s', async (_what, address) => {
    const mobile = aMobile()
    const response = await put(mobile, { email: address, verified_at })
    expect(response.statusCode).toBe(400)
    expect(response.json()).toEqual({ code: '5006', errmsg: '参数错误' })
    expect(await held(mobile)).toEqual([])
  })

  it('accepts a date, and a time that is up to ten seconds ahead of our clock', async () => {
    for (const at of ['2026-01-02', '2026-01-02T03:04:05Z', inHours(0), inHours(5 / 3_600)])
      expect((await put(aMobile(), { email, verified_at: at })).statusCode).toBe(204)
  })

  it.each([
    ['tomorrow', inHours(24)],
    ['in an hour', inHours(1)],
    ['a day that does not exist', '2026-02-30'],
    ['an hour that does not exist', '2026-01-01T25:00:00Z'],
    ['no zone', '2026-01-01T10:00:00'],
    ['words', 'yesterday'],
    ['a number', 1_700_000_000],
  ])('refuses %s as the time of the verification', async (_what, at) => {
    const response = await put(aMobile(), { email, verified_at: at })
    expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([400, '5006'])
  })

  it.each([
    ['no address', { verified_at }, '4003'],
    ['an empty address', { email: '', verified_at }, '4003'],
    ['no time', { email }, '4003'],
    ['an unknown field', { email, verified_at, scene: 'login' }, '5006'],
  ])('refuses %s', async (_what, body, code) => {
    const response = await put(aMobile(), body)
    expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([400, code])
  })

  it.each(['23800138000', '1380013800', '++13800138000', '138001380001', 'x'])(
    'refuses the number %s',
    async (mobile) => {
      for (const response of [await put(mobile, { email, verified_at }), await erase(mobile)])
        expect([response.statusCode, response.json<{ code: string }>().code]).toEqual([400, '4007'])
    },
  )
})

describe('DELETE /v1/contacts/:mobile', () => {
  it('erases all data about the phone, and its code can no longer be verified', async () => {
    const [mobile, other] = [aMobile(), aMobile()]
    const { code, rid } = await api.sent(mobile, 'login')
    const verify = (sms_code: string, more: object) =>
      api.post('/v1/sms_codes/verify', { mobile, sms_code, scene: 'login', ...more })
    await verify(wrong(code), {})
    await verify(wrong(code), { request_id: rid })
    await put(mobile, { email, verified_at })
    await api.sent(other, 'login')
    expect(await held(mobile)).toHaveLength(7)

    const response = await erase(mobile)
    expect([response.statusCode, response.json()]).toEqual([
      200,
      {
        code: '0',
        errmsg: '成功',
        erased: ['code:login', 'guesses:login', 'sends', 'misses:id', 'misses:blind', 'contact', 'history'],
      },
    ])
    expect(await held(mobile)).toEqual([])
    expect(await verify(code, { request_id: rid })).toMatchObject({ status: 400, body: { code: '4008' } })
    expect((await api.app.inject({ url: `/v1/sms_codes/${rid}` })).statusCode).toBe(404)
    expect(await held(other)).toHaveLength(3)
    expect((await erase(mobile)).json<{ erased: string[] }>().erased).toEqual([])
  })

  it.each(['application/json', 'application/json; charset=utf-8', 'text/plain', undefined])(
    'erases the same without a body, if the content type is %s',
    async (type) => {
      const mobile = aMobile()
      await put(mobile, { email, verified_at })
      const headers = { authorization, ...(type === undefined ? {} : { 'content-type': type }) }
      const response = await api.app.inject({ method: 'DELETE', url: `/v1/contacts/${mobile}`, headers })
      expect([response.statusCode, response.json<{ erased: string[] }>().erased]).toEqual([200, ['contact']])
    },
  )

  it('erases the codes of all scenes', async () => {
    const mobile = aMobile()
    const tag = `sms:{${api.keyring.pseudonym(mobile)}}`
    const names = ['default', 'register', 'login', 'reset_password'].map((scene) => `code:${scene}`)
    // A phone gets at most one message a minute, so the test deletes its sends in between.
    for (const name of names) {
      await api.sent(mobile, name.slice('code:'.length))
      await api.redis.del(`${tag}:sends`)
    }
    expect((await erase(mobile)).json<{ erased: string[] }>().erased).toEqual([...names, 'history'])
    expect(await held(mobile)).toEqual([])
  })

  it('does not make a redeemed receipt valid again', async () => {
    const mobile = aMobile()
    const receipt = await api.receipt(mobile)
    const redeem = () => api.post('/v1/receipts/redeem', { receipt, scene: 'login' }, { authorization })
    expect((await redeem()).status).toBe(200)
    await erase(mobile)
    expect(await held(mobile)).toEqual([])
    expect((await redeem()).status).toBe(409)
  })
})

it('nothing is stored or erased while Redis is down', async () => {
  const down = await startApi({ API_KEYS: `shop:${KEY}` })
  const mobile = aMobile()
  await down.server.stop()
  const options = { url: `/v1/contacts/${mobile}`, headers: { authorization } }
  const answers = [
    await down.app.inject({ method: 'PUT', ...options, payload: { email, verified_at } }),
    await erase(mobile, down),
  ]
  for (const answer of answers)
    expect([answer.statusCode, answer.json()]).toEqual([503, { code: '5000', errmsg: '数据错误' }])
  await down.stop()
})
