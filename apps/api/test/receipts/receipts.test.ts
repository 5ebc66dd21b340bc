import { randomBytes } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aMobile, startApi, type Api } from '../api.ts'

const KEY = 'k'.repeat(32)
const authorization = `Bearer ${KEY}`
const env = {
  API_KEYS: `shop:${KEY}`,
  PHONE_KEY: randomBytes(32).toString('base64'),
  CODE_KEYS: `k1:${randomBytes(32).toString('base64')}`,
}

let api: Api
beforeAll(async () => {
  api = await startApi(env)
})
afterAll(() => api.stop())

const redeem = (body: object, on = api, headers: Record<string, string> = {}) =>
  on.post('/v1/receipts/redeem', { scene: 'login', ...body }, { authorization, ...headers })

describe('a receipt', () => {
  it('names the pseudonym of the phone, the scene, the assurance, the request and the time', async () => {
    const mobile = aMobile()
    const receipt = await api.receipt(mobile, 'register')
    const [header = ''] = receipt.split('.')
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'EdDSA', kid: 'k1' })
    const { jti, iat = 0, rid, ...rest } = decodeJwt(receipt)
    const sub = api.keyring.pseudonym(mobile)
    expect(rest).toEqual({ iss: 'sms-codes', sub, scene: 'register', assurance: 'sms', exp: iat + 600 })
    expect(String(rid).slice(0, 22)).toBe(sub)
    expect(jti).toMatch(/^[A-Za-z0-9_-]{22}$/)
    expect(decodeJwt(await api.receipt(aMobile(), 'register')).jti).not.toBe(jti)
  })

  it('names e-mail as its assurance if the code may have been read in a mailbox', async () => {
    const mobile = aMobile()
    const { rid, code } = await api.sent(mobile, 'login')
    await api.redis.hset(`sms:{${rid.slice(0, 22)}}:code:login`, 'mail_state', 'may_have_left')
    const { body } = await api.post('/v1/sms_codes/verify', { mobile, sms_code: code, scene: 'login' })
    const receipt = String(body['receipt'])
    expect(decodeJwt(receipt)['assurance']).toBe('email')
    expect((await redeem({ receipt })).body['assurance']).toBe('email')
  })
})

describe('POST /v1/receipts/redeem', () => {
  it('answers the content of a receipt once, and 409 from then on', async () => {
    const mobile = aMobile()
    const receipt = await api.receipt(mobile)
    const { sub, rid, iat = 0 } = decodeJwt(receipt)
    expect(await redeem({ receipt, mobile })).toEqual({
      status: 200,
      body: {
        code: '0',
        errmsg: '成功',
        mobile,
        subject: sub,
        scene: 'login',
        assurance: 'sms',
        request_id: rid,
        verified_at: new Date(iat * 1000).toISOString(),
      },
    })
    const used = { status: 409, body: { code: '5006', errmsg: '凭证已使用' } }
    expect(await redeem({ receipt, mobile })).toEqual(used)
    expect(await redeem({ receipt })).toEqual(used)
  })

  it('answers no number unless the request names one', async () => {
    const mobile = aMobile()
    const { status, body } = await redeem({ receipt: await api.receipt(mobile) })
    expect(status).toBe(200)
    expect(JSON.stringify(body)).not.toContain(mobile)
    expect(body).not.toHaveProperty('mobile')
  })

  it('does not take an empty number for one that is left out, and does not redeem the receipt', async () => {
    const mobile = aMobile()
    const receipt = await api.receipt(mobile)
    for (const empty of ['', null])
      expect(await redeem({ receipt, mobile: empty })).toMatchObject({ status: 400, body: { code: '5006' } })
    expect(await redeem({ receipt, mobile })).toMatchObject({ status: 200 })
  })

  it('accepts exactly one of 200 concurrent requests', async () => {
    const receipt = await api.receipt(aMobile())
    const answers = await Promise.all(Array.from({ length: 200 }, () => redeem({ receipt })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(199)
  })

  it('remembers a redeemed receipt until it expires, without the phone', async () => {
    const mobile = aMobile()
    const receipt = await api.receipt(mobile)
    const { jti, sub, exp } = decodeJwt(receipt)
    await Promise.all([api.deps.traffic.flush(), api.deps.guardCounts.flush()])
    const before = await api.redis.keys('*')
    await redeem({ receipt })
    const added = (await api.redis.keys('*')).filter((key) => !before.includes(key))
    expect(added).toEqual([`sms:{${jti}}:redeemed`])
    expect(added.join()).not.toContain(sub)
    expect(await api.redis.expiretime(added[0] ?? '')).toBe(exp)
  })

  it('refuses another phone or scene, and does not redeem the receipt', async () => {
    const mobile = aMobile()
    const receipt = await api.receipt(mobile)
    const wrong = { status: 400, body: { code: '5006', errmsg: '凭证无效' } }
    expect(await redeem({ receipt, mobile: aMobile() })).toEqual(wrong)
    expect(await redeem({ receipt, mobile, scene: 'register' })).toEqual(wrong)
    expect(await redeem({ receipt, mobile })).toMatchObject({ status: 200 })
  })

  it('refuses a request without an API key, and does not redeem the receipt', async () => {
    const receipt = await api.receipt(aMobile())
    for (const shown of ['', `Bearer ${KEY}x`])
      expect(await redeem({ receipt }, api, { authorization: shown })).toMatchObject({ status: 401 })
    expect(await redeem({ receipt })).toMatchObject({ status: 200 })
  })

  it('refuses a receipt in which any one character was changed', async () => {
    const receipt = await api.receipt(aMobile())
    const changed = Array.from(receipt, (was, at) => {
      const other = was === 'A' ? 'B' : 'A'
      return `${receipt.slice(0, at)}${other}${receipt.slice(at + 1)}`
    })
    // Some bits of the last character are unused, but only its canonical spelling is accepted.
    const last = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=', (other) =>
      receipt.slice(0, -1).concat(other),
    )
    for (const tampered of [...changed, ...last].filter((text) => text !== receipt)) {
      const { status, body } = await redeem({ receipt: tampered })
      expect([tampered, status, body['code']]).toEqual([tampered, 400, '5006'])
    }
    expect(await redeem({ receipt })).toMatchObject({ status: 200 })
  })

  it('refuses a receipt that was put together from two receipts', async () => {
    const [mine, other] = [await api.receipt(aMobile()), await api.receipt(aMobile())]
    const [header, claims] = other.split('.')
    const receipt = [header, claims, mine.split('.')[2]].join('.')
    expect(await redeem({ receipt })).toMatchObject({ status: 400, body: { code: '5006' } })
  })

  it.each([
    ['nothing', undefined, '4003'],
    ['an empty text', '', '4003'],
    ['null', null, '4003'],
    ['a number', 1, '5006'],
    ['a list', ['x'], '5006'],
    ['a word', 'x', '5006'],
    ['two dots', '..', '5006'],
    ['parts that are no JSON', `abc.def.${'A'.repeat(86)}`, '5006'],
    ['parts that are JSON of another kind', `W10.W10.${'A'.repeat(86)}`, '5006'],
    ['five parts', `a.b.c.d.${'A'.repeat(86)}`, '5006'],
    ['a very long text', `${'A'.repeat(2_000)}.A.${'A'.repeat(86)}`, '5006'],
  ])('refuses %s in place of a receipt', async (_what, receipt, code) => {
    expect(await redeem({ receipt })).toMatchObject({ status: 400, body: { code } })
  })

  it.each([
    ['no scene', { scene: undefined }, '4003'],
    ['an unknown scene', { scene: 'nope' }, '5006'],
    ['an invalid number', { mobile: '23800138000' }, '4007'],
    ['an unknown field', { admin: true }, '5006'],
  ])('refuses %s', async (_what, more, code) => {
    const receipt = await api.receipt(aMobile())
    expect(await redeem({ receipt, ...more })).toMatchObject({ status: 400, body: { code } })
  })

  it('answers in English if Accept-Language asks for it', async () => {
    const receipt = await api.receipt(aMobile())
    const say = async (headers = {}) =>
      (await redeem({ receipt }, api, { 'accept-language': 'en', ...headers })).body['errmsg']
    expect(await say({ authorization: '' })).toBe('The API key is missing or not valid')
    expect(await say()).toBe('OK')
    expect(await say()).toBe('The receipt was redeemed before')
  })

  it('answers 503 while Redis is down, and does not redeem the receipt', async () => {
    const down = await startApi(env)
    const receipt = await api.receipt(aMobile())
    await down.server.stop()
    expect(await redeem({ receipt }, down)).toEqual({
      status: 503,
      body: { code: '5000', errmsg: '数据错误' },
    })
    expect(await redeem({ receipt }, down, { authorization: '' })).toMatchObject({ status: 401 })
    expect(await redeem({ receipt })).toMatchObject({ status: 200 })
    await down.stop()
  })
})

describe('the public keys', () => {
  it('are public and may be cached for 300 seconds', async () => {
    const response = await api.app.inject({ url: '/.well-known/jwks.json' })
    expect(response.statusCode).toBe(200)
    expect(response.headers['cache-control']).toBe('public, max-age=300')
    expect(response.json()).toEqual({ keys: api.receiptKeys.jwks })
    expect(response.body).not.toMatch(/"d"|privat/)
  })

  it('include all keys of the ring, so a receipt is valid until its key has left the ring', async () => {
    const fresh = `k2:${randomBytes(32).toString('base64')}`
    const [both, after] = await Promise.all([
      startApi({ ...env, CODE_KEYS: `${fresh},${env.CODE_KEYS}` }),
      startApi({ ...env, CODE_KEYS: fresh }),
    ])
    const kids = async (on: Api) =>
      (await on.app.inject({ url: '/.well-known/jwks.json' }))
        .json<{ keys: { kid: string }[] }>()
        .keys.map(({ kid }) => kid)
    expect([await kids(api), await kids(both), await kids(after)]).toEqual([['k1'], ['k2', 'k1'], ['k2']])
    const [old, other] = [await api.receipt(aMobile()), await both.receipt(aMobile())]
    expect(await redeem({ receipt: old }, after)).toMatchObject({ status: 400, body: { code: '5006' } })
    expect(await redeem({ receipt: old }, both)).toMatchObject({ status: 200 })
    expect(await redeem({ receipt: other }, api)).toMatchObject({ status: 400, body: { code: '5006' } })
    expect(await redeem({ receipt: other }, after)).toMatchObject({ status: 200 })
    await Promise.all([both.stop(), after.stop()])
  })
})
