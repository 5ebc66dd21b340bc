import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aMobile, startApi, type Api } from '../api.ts'

const KEY = 'k'.repeat(32)
const authorization = { authorization: `Bearer ${KEY}` }

let api: Api
beforeAll(async () => {
  api = await startApi({ API_KEYS: `shop:${KEY}` })
})
afterAll(() => api.stop())

const wide = (text: string) =>
  text.replace(/[0-9A-Za-z+-]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0))
const grouped = (mobile: string, by: string) =>
  [mobile.slice(0, 3), mobile.slice(3, 7), mobile.slice(7)].join(by)

const SPELLINGS: [string, (mobile: string) => string][] = [
  ['+86', (mobile) => `+86${mobile}`],
  ['0086', (mobile) => `0086${mobile}`],
  ['86', (mobile) => `86${mobile}`],
  ['spaces', (mobile) => ` ${grouped(mobile, ' ')}\n`],
  ['dashes', (mobile) => grouped(mobile, '-')],
  ['a prefix and dashes', (mobile) => `+86-${grouped(mobile, '\u2013')}`],
  ['brackets', (mobile) => `(+86) (${grouped(mobile, ') (')})`],
  ['dots', (mobile) => grouped(mobile, '.')],
  ['the scheme of a link', (mobile) => `tel:+86-${grouped(mobile, '-')}`],
  ['full-width digits', (mobile) => wide(`+86 ${grouped(mobile, '-')}`)],
  ['the invisible marks of an address book', (mobile) => `\u202d${grouped(mobile, '\u00a0')}\u202c`],
]

describe.each(SPELLINGS)('a number with %s', (_what, spell) => {
  it('is the same phone in send, verify, redeem and contacts', async () => {
    const mobile = aMobile()
    const ph = api.keyring.pseudonym(mobile)
    const sent = await api.post('/v1/sms_codes', { mobile: spell(mobile), ...(await api.captcha()) })
    expect(sent).toMatchObject({ status: 202, body: { code: '0' } })
    const rid = String(sent.body['request_id'])
    expect(rid.startsWith(`${ph}.`)).toBe(true)
    const job = (await api.waiting()).find(({ data }) => data.rid === rid)
    expect(job?.data.to).toBe(`${mobile.slice(0, 3)}****${mobile.slice(7)}`)

    const guess = { mobile: spell(mobile), sms_code: await api.codeOf(rid), request_id: rid }
    const verified = await api.post('/v1/sms_codes/verify', guess)
    expect(verified.status).toBe(200)
    const redemption = { receipt: verified.body['receipt'], scene: 'default', mobile: spell(mobile) }
    const redeemed = await api.post('/v1/receipts/redeem', redemption, authorization)
    expect(redeemed).toMatchObject({ status: 200, body: { mobile, subject: ph } })

    const url = `/v1/contacts/${encodeURIComponent(spell(mobile))}`
    const contact = { email: 'owner@mail.example', verified_at: '2026-01-02' }
    const stored = await api.app.inject({ method: 'PUT', url, headers: authorization, payload: contact })
    expect(stored.statusCode).toBe(204)
    expect(await api.deps.contacts.find(mobile)).toMatchObject({ email: 'owner@mail.example' })
    const erased = await api.app.inject({ method: 'DELETE', url, headers: authorization })
    expect(erased.json<{ erased: string[] }>().erased).toEqual([
      'code:default',
      'sends',
      'contact',
      'history',
    ])
  })

  it('is refused by the classic call as by the seed', async () => {
    const url = `/sms_codes/${encodeURIComponent(spell(aMobile()))}/`
    const query = await api.captcha()
    const response = await api.app.inject({ url, query })
    expect([response.statusCode, response.json()]).toEqual([404, { code: '4007', errmsg: '手机号错误' }])
    expect(await api.redis.get(`img_${query.uuid}`)).toBe('AB3D')
  })
})

it.each([
  '+13800138000',
  '+1 13800138000',
  '+852 13800138000',
  '8613800138',
  '86861380013800',
  '+86+8613800138000',
  '٠1380013800',
  '138/0013/8000',
])('the number %s is refused with 4007', async (mobile) => {
  expect(await api.post('/v1/sms_codes', { mobile, ...(await api.captcha()) })).toMatchObject({
    status: 400,
    body: { code: '4007' },
  })
})

it.each([
  ['a space in it', (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`],
  ['a dash in it', (code: string) => `${code.slice(0, 3)}-${code.slice(3)}`],
  ['a line break', (code: string) => `${code}\r\n`],
  ['full-width digits', wide],
  ['an ideographic space', (code: string) => `\u3000${code}`],
  ['an invisible space', (code: string) => `${code}\u200b`],
])('the right code with %s verifies', async (_what, spell) => {
  const mobile = aMobile()
  const { code } = await api.sent(mobile, 'default')
  expect((await api.post('/v1/sms_codes/verify', { mobile, sms_code: spell(code) })).status).toBe(200)
})

it.each(['ＡＢ３Ｄ', 'ａｂ３ｄ', ' ab3d ', 'A B 3 D', 'AB3D\n', '\u3000AB3D', 'AB\u200b3D\u2060'])(
  'the image code %s passes POST and not the classic call',
  async (image_code) => {
    const picture = async () => ({ ...(await api.captcha()), image_code })
    expect((await api.post('/v1/sms_codes', { mobile: aMobile(), ...(await picture()) })).status).toBe(202)
    const response = await api.app.inject({ url: `/sms_codes/${aMobile()}/`, query: await picture() })
    expect(response.json<{ code: string }>().code).toBe('4001')
  },
)

it('a repeat with the same idempotency key may spell the number in another way', async () => {
  const [mobile, key] = [aMobile(), { 'idempotency-key': randomUUID() }]
  const picture = await api.captcha()
  const first = await api.post('/v1/sms_codes', { mobile, ...picture }, key)
  expect(first.status).toBe(202)
  expect(await api.post('/v1/sms_codes', { mobile: `+86 ${mobile}`, ...picture }, key)).toEqual(first)
})
