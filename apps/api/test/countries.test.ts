import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogger } from '@sms-codes/core/logger'
import { keys } from '@sms-codes/core/redis/keys'
import { getCountries, getCountryCallingCode } from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/examples.mobile.json' with { type: 'json' }
import { aMobile, anAddress, startApiWith, type Api } from './api.ts'

const KEY = 'k'.repeat(32)
const authorization = { authorization: `Bearer ${KEY}` }
const CN = { locale: 'zh-CN' }
const TEXTS = { 'zh-CN': '{code}', 'zh-HK': '{code}', en: '{code}' }

let api: Api
const lines: string[] = []
beforeAll(async () => {
  const log = createLogger('api', 'debug', { write: (line) => void lines.push(line) })
  const policy = {
    countries: {
      CN: { locale: 'zh-CN' },
      HK: { locale: 'zh-HK' },
      SG: { locale: 'en' },
      US: { locale: 'en' },
      GG: { locale: 'en' },
      // Two messages to Macau in a day.
      MO: { locale: 'zh-HK', sends: ['2/1d'] },
    },
    texts: TEXTS,
    scenes: { default: {}, english: { locale: 'en' } },
    lists: { allow: ['+85366'], deny: ['+8529888'] },
    test_numbers: { numbers: [{ mobile: '+85298765432', code: '1234', until: '2099-12-31' }] },
    codes: { length: 4 },
  }
  api = await startApiWith(policy, { API_KEYS: `shop:${KEY}` }, log)
})
afterAll(() => api.stop())

let next = 0
/** A number of Hong Kong that no other test uses. */
const aForeign = () => `+8529${String(1_000_000 + ++next)}`

async function send(mobile: string, fields: object = {}, headers: Record<string, string> = {}) {
  return api.post('/v1/sms_codes', { mobile, ...(await api.captcha()), ...fields }, headers)
}
const jobOf = async (rid: unknown) => (await api.waiting()).find(({ data }) => data.rid === rid)?.data

describe('a number of another country', () => {
  it('is the same phone in send, verify, redeem and contacts, however it is typed', async () => {
    const mobile = aForeign()
    const spellings = [
      mobile,
      mobile.replace('+', '00'),
      `${mobile.slice(0, 4)} ${mobile.slice(4, 8)}-${mobile.slice(8)}`,
    ]
    for (const typed of spellings) {
      await api.deps.contacts.erase(mobile, ['default'])
      const sent = await send(typed)
      expect(sent).toMatchObject({ status: 202, body: { code: '0' } })
      const rid = String(sent.body['request_id'])
      expect(rid.startsWith(`${api.keyring.pseudonym(mobile)}.`)).toBe(true)
      expect(await jobOf(rid)).toMatchObject({
        to: `+852****${mobile.slice(-4)}`,
        segment: mobile.slice(0, 7),
        country: 'HK',
        locale: 'zh-HK',
      })
      const code = await api.codeOf(rid)
      expect(code).toMatch(/^[0-9]{4}$/)
      const verified = await api.post('/v1/sms_codes/verify', {
        mobile: typed,
        sms_code: code,
        request_id: rid,
      })
      expect(verified.status).toBe(200)
      const redemption = { receipt: verified.body['receipt'], scene: 'default', mobile: typed }
      const redeemed = await api.post('/v1/receipts/redeem', redemption, authorization)
      expect(redeemed).toMatchObject({
        status: 200,
        body: { mobile, subject: api.keyring.pseudonym(mobile) },
      })
      const url = `/v1/contacts/${encodeURIComponent(typed)}`
      const payload = { email: 'owner@mail.example', verified_at: '2026-01-02' }
      const stored = await api.app.inject({ method: 'PUT', url, headers: authorization, payload })
      expect(stored.statusCode).toBe(204)
      expect(await api.deps.contacts.find(mobile)).toMatchObject({ email: 'owner@mail.example' })
      const erased = await api.app.inject({ method: 'DELETE', url, headers: authorization })
      expect(erased.json<{ erased: string[] }>().erased).toEqual([
        'code:default',
        'sends',
        'contact',
        'history',
      ])
    }
  })

  it('with the 0 of its own country is the same phone as without', async () => {
    const sent = await send('+44 07911 123456')
    expect(sent.body['request_id']).toMatch(new RegExp(`^${api.keyring.pseudonym('+447911123456')}\\.`))
    expect((await send('+447911123456')).body['code']).toBe('4002')
  })

  it('is refused by the classic call with 404, as any text that is no mainland number', async () => {
    const response = await api.app.inject({
      url: `/sms_codes/${encodeURIComponent(aForeign())}/`,
      query: await api.captcha(),
    })
    expect([response.statusCode, response.json()]).toEqual([404, { code: '4007', errmsg: '手机号错误' }])
  })

  it('appears neither in the log, nor in Redis, nor in the queue, while it is sent, verified and refused', async () => {
    lines.length = 0
    const [mobile, denied] = ['+85291827364', '+85298881111']
    const { body } = await send(mobile, {}, { 'idempotency-key': randomUUID() })
    const rid = String(body['request_id'])
    const guess = { mobile, sms_code: await api.codeOf(rid), request_id: rid }
    expect((await api.post('/v1/sms_codes/verify', guess)).status).toBe(200)
    await api.app.inject({ method: 'DELETE', url: `/v1/contacts/${mobile}`, headers: authorization })
    await send(denied)
    await send(mobile)
    await send(`${mobile}1`)
    await api.app.inject({ url: `/sms_codes/${mobile}/` })
    const stored: string[] = []
    for (const key of await api.redis.keys('*')) {
      stored.push(key)
      const type = await api.redis.type(key)
      if (type === 'hash') stored.push(JSON.stringify(await api.redis.hgetall(key)))
      if (type === 'string') stored.push(String(await api.redis.get(key)))
      if (type === 'zset') stored.push(JSON.stringify(await api.redis.zrange(key, 0, '-1')))
      if (type === 'stream') stored.push(JSON.stringify(await api.redis.xrange(key, '-', '+')))
    }
    const all = [...stored, ...lines, JSON.stringify((await api.waiting()).map(({ data }) => data))].join(
      '\n',
    )
    expect(all).toContain('+852****7364')
    for (const secret of [mobile, denied]) expect(all).not.toContain(secret.slice(4))
  })
})

const UNSERVED = ['Numbers of this country or region are not served', '暂不支持该国家或地区的手机号']
const NOT_MOBILE = ['Not a mobile number', '手机号错误']
const LANDLINE = ['This is the number of a landline; use a mobile number', '该号码是固定电话，请使用手机号']

describe('a number that gets no code', () => {
  it.each([
    ['a country that is not served', '+819012345678', UNSERVED],
    ['a landline', '+85221234567', LANDLINE],
    ['a landline of the mainland', '+86 21 1234 5678', LANDLINE],
    ['a premium number', '+19005551234', NOT_MOBILE],
    ['a number that is too short', '+8521', NOT_MOBILE],
  ])('is answered with 4007 and the reason: %s', async (_what, mobile, [en, zh]) => {
    const picture = await api.captcha()
    for (const [language, errmsg] of [
      ['en', en],
      ['zh', zh],
    ] as const) {
      const answer = await api.post('/v1/sms_codes', { mobile, ...picture }, { 'accept-language': language })
      expect(answer).toEqual({ status: 400, body: { code: '4007', errmsg } })
    }
    // The picture is not used up.
    expect(await api.redis.get(`img_${picture.uuid}`)).toBe('AB3D')
    const url = `/v1/contacts/${encodeURIComponent(mobile)}`
    const payload = { email: 'owner@mail.example', verified_at: '2026-01-02' }
    const stored = await api.app.inject({ method: 'PUT', url, headers: authorization, payload })
    expect([stored.statusCode, stored.json<{ code: string }>().code]).toEqual([400, '4007'])
  })

  it('is refused by verify and for the erasure only if it is not a number', async () => {
    const guess = { mobile: '+19005551234', sms_code: '1234' }
    expect((await api.post('/v1/sms_codes/verify', guess)).body['code']).toBe('4007')
    const url = '/v1/contacts/%2B19005551234'
    const erased = await api.app.inject({ method: 'DELETE', url, headers: authorization })
    expect([erased.statusCode, erased.json<{ code: string }>().code]).toEqual([400, '4007'])
  })

  it.each([
    ['a served country remains beside the mainland', { countries: { CN, HK: { locale: 'zh-CN' } } }],
    ['only the mainland remains', { countries: { CN } }],
  ])('is verified, redeemed and erased after its country has left the policy: %s', async (_what, policy) => {
    const left = await startApiWith(policy, { API_KEYS: `shop:${KEY}` })
    try {
      const [mobile, typed] = ['+819012345678', '0081 90-1234-5678']
      const { codes, contacts } = left.deps
      await contacts.put(mobile, { email: 'owner@mail.example', verifiedAt: '2026-01-02T00:00:00Z' })
      const issued = await codes.issue(mobile, 'default', { budgetUnit: 0 })
      if (issued.kind === 'throttled') throw new Error('throttled')
      const guess = { mobile: typed, sms_code: await left.codeOf(issued.requestId) }
      const { body } = await left.post('/v1/sms_codes/verify', guess)
      expect(body['code']).toBe('0')
      const redemption = { receipt: body['receipt'], scene: 'default', mobile: typed }
      const redeemed = await left.post('/v1/receipts/redeem', redemption, authorization)
      expect(redeemed).toMatchObject({ status: 200, body: { mobile } })
      const url = `/v1/contacts/${encodeURIComponent(typed)}`
      const erased = await left.app.inject({ method: 'DELETE', url, headers: authorization })
      expect(erased.json<{ erased: string[] }>().erased).toEqual([
        'code:default',
        'sends',
        'contact',
        'history',
      ])
    } finally {
      await left.stop()
    }
  })

  it('is never answered with a 5xx over HTTP, and a good number of each served country is accepted', async () => {
    const url = await api.app.listen({ port: 0, host: '127.0.0.1' })
    const post = async (mobile: string) => {
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': anAddress() }
      const body = JSON.stringify({ mobile, ...(await api.captcha()) })
      return (await fetch(`${url}/v1/sms_codes`, { method: 'POST', headers, body })).status
    }
    const served = ['CN', 'HK', 'SG', 'US', 'GG', 'MO']
    for (const country of getCountries()) {
      const mobile = `+${getCountryCallingCode(country)}${examples[country]}`
      expect([country, await post(mobile)]).toEqual([country, served.includes(country) ? 202 : 400])
      if (!served.includes(country)) continue
      const end = mobile.slice(-3)
      const broken = [
        mobile.slice(0, 5),
        `${mobile}1234`,
        `+${mobile}`,
        mobile.replace(end, 'O12'),
        `${mobile}😀`,
      ]
      for (const text of [...broken, mobile.replace(end, '٣٤٥'), `${mobile}\0`, `${mobile},${mobile}`])
        expect([text, await post(text)]).toEqual([text, 400])
    }
    expect(await post('1'.repeat(3_900))).toBe(400)
    expect(await post('1'.repeat(5_000))).toBe(413)
  })
})

describe('the language of a message', () => {
  it.each([
    ['that of the request', { locale: 'en' }, 'en'],
    ['a more general one, as en for en-GB', { locale: 'en-GB' }, 'en'],
    ['that of the scene', { scene: 'english' }, 'en'],
    ['that of the scene, if the request names an unknown one', { scene: 'english', locale: 'fr' }, 'en'],
    ['that of the country', {}, 'zh-HK'],
  ])('is %s', async (_what, fields, locale) => {
    const sent = await send(aForeign(), fields)
    expect(await jobOf(sent.body['request_id'])).toMatchObject({ country: 'HK', locale })
  })

  it('is that of the country in a classic call', async () => {
    const query = await api.captcha()
    const response = await api.app.inject({
      url: `/sms_codes/${aMobile()}/`,
      query,
      remoteAddress: anAddress(),
    })
    const rid = response.json<{ request_id: string }>().request_id
    expect(await jobOf(rid)).toMatchObject({ country: 'CN', locale: 'zh-CN' })
  })

  it.each(['', null, 'e', 'en_GB', '../en', 'x'.repeat(50), 7])('cannot be %s', async (locale) => {
    expect(await send(aForeign(), { locale })).toMatchObject({ status: 400, body: { code: '5006' } })
  })
})

describe('the lists and the test numbers', () => {
  it('name numbers of other countries', async () => {
    expect(await send('+85298881234')).toMatchObject({ status: 429, body: { code: '4002' } })
    const sent = await send('+852 9876 5432')
    expect(sent.status).toBe(202)
    expect(await jobOf(sent.body['request_id'])).toBeUndefined()
    const guess = { mobile: '0085298765432', sms_code: '1234' }
    expect((await api.post('/v1/sms_codes/verify', guess)).status).toBe(200)
  })
})

describe('the limit of a country', () => {
  const countryKey = keys.gate('country', 'MO')
  const macau = () => `+8536${String(2_000_000 + ++next)}`

  it('refuses like a segment, counts no other country and no listed number, and is given back', async () => {
    expect((await send(aForeign())).status).toBe(202)
    expect(await api.redis.exists(countryKey, keys.gate('country', 'HK'), keys.gate('country', 'CN'))).toBe(0)

    // The queue takes no job, so the send does not count.
    const { add } = api.queue
    api.queue.add = async () => Promise.reject(new Error('queue down'))
    expect((await send(macau())).status).toBe(500)
    api.queue.add = add
    for (const status of [202, 202, 429]) expect((await send(macau())).status).toBe(status)
    const { body } = await send(macau())
    expect(body).toMatchObject({ code: '4002', errmsg: '发送短信过于频繁' })
    expect(Number(body['retry_after'])).toBeGreaterThan(0)
    // An allowed number passes, and does not count.
    expect((await send('+85366223344')).status).toBe(202)
    expect((await send(aForeign())).status).toBe(202)
    expect(await api.registry.metrics()).toContain('sms_refused_by_limit_total{limit="country"} 2')
  })
})
