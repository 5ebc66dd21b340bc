import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogger } from '@sms-codes/core/logger'
import { keys } from '@sms-codes/core/redis/keys'
import { aMobile, anAddress, startApiWith, type Answer, type Api } from '../api.ts'
import { idempotentCalls, replayOf, SEND, type Calls } from '../http/idempotent-calls.ts'

const KEYS = { shop: 's'.repeat(32), crm: 'c'.repeat(32), vault: 'v'.repeat(32), plain: 'p'.repeat(32) }
type Name = keyof typeof KEYS
const bearer = (name: Name) => ({ authorization: `Bearer ${KEYS[name]}` })

let api: Api
let calls: Calls
const lines: string[] = []
beforeAll(async () => {
  const API_KEYS = Object.entries(KEYS).map((entry) => entry.join(':'))
  const log = createLogger('api', 'debug', { write: (line) => void lines.push(line) })
  const sender = { scopes: ['send', 'redeem'] }
  const api_keys = { shop: sender, crm: sender, vault: { ...sender, scenes: ['reset_password'] } }
  api = await startApiWith({ api_keys }, { API_KEYS: API_KEYS.join() }, log)
  calls = idempotentCalls(api)
})
afterAll(() => api.stop())

const request = (more: object = {}) => ({ mobile: aMobile(), client_address: anAddress(), ...more })
const send = (body: object, headers: Record<string, string> = bearer('shop')) => api.post(SEND, body, headers)

describe('a send with an API key', () => {
  it('needs neither picture nor proof, and its code can be verified', async () => {
    const body = request({ scene: 'login', limit_key: 'device-1' })
    const sent = await send(body)
    expect(sent).toMatchObject({ status: 202, body: { code: '0', resend_after: 60, expires_in: 300 } })
    const rid = String(sent.body['request_id'])
    const guess = { mobile: body.mobile, sms_code: await api.codeOf(rid, 'login'), scene: 'login' }
    const { receipt } = (await api.post('/v1/sms_codes/verify', guess)).body
    const redeemed = await api.post('/v1/receipts/redeem', { receipt, scene: 'login' }, bearer('shop'))
    expect(redeemed).toMatchObject({ status: 200, body: { request_id: rid } })
    const issued = lines.find((line) => line.includes('"issued"') && line.includes(rid))
    expect(issued).toContain('"backend":"shop"')
  })

  it('consumes a picture that is sent along, and is refused if the picture is wrong', async () => {
    const picture = await api.captcha()
    expect((await send(request(picture))).status).toBe(202)
    expect(await send(request(picture))).toMatchObject({ status: 400, body: { errmsg: '图形验证码失效' } })
    const wrong = { ...(await api.captcha()), image_code: 'ZZZZ' }
    expect(await send(request(wrong))).toMatchObject({ status: 400, body: { errmsg: '输入图形验证码有误' } })
    expect(await api.redis.exists(keys.captcha(wrong.uuid))).toBe(0)
    expect(await send(request({ proof: 'wrong' }))).toMatchObject({ status: 400, body: { code: '4001' } })
  })

  it('is refused if it has one half of a picture', async () => {
    const { image_code, uuid } = await api.captcha()
    for (const half of [{ image_code }, { uuid }])
      expect(await send(request(half))).toMatchObject({ status: 400, body: { code: '4003' } })
  })

  it('needs the address of the user, also beside a picture', async () => {
    for (const body of [{ mobile: aMobile() }, { mobile: aMobile(), ...(await api.captcha()) }])
      expect(await send(body)).toMatchObject({ status: 400, body: { code: '4003' } })
  })

  it.each([
    '203.0.113.7',
    '203.0.113.8:5678',
    '::ffff:203.0.113.9',
    '2001:DB8::1',
    '[2001:db8::2]:443',
    ' 203.0.113.10 ',
  ])('takes the address %j', async (client_address) => {
    expect((await send(request({ client_address }))).status).toBe(202)
  })

  it.each([
    'unknown',
    '203.0.113',
    '203.0.113.256',
    '203.0.113.7, 203.0.113.8',
    'localhost',
    '1',
    '0x7f.1',
    '[::1',
  ])('is refused if the address is %j', async (client_address) => {
    expect(await send(request({ client_address }))).toEqual({
      status: 400,
      body: { code: '5006', errmsg: 'client_address 无效' },
    })
  })

  it.each([[''], [null], [7], [['203.0.113.7']], [{}]])(
    'is refused if the address is the JSON value %j',
    async (client_address) => {
      expect((await send(request({ client_address }))).status).toBe(400)
    },
  )

  it.each(['a', 'x'.repeat(128), 'session=a/b+c~d', '~!@#$%^&*()'])(
    'takes the limit key %j',
    async (limit_key) => {
      expect((await send(request({ limit_key }))).status).toBe(202)
    },
  )

  it.each(['', 'x'.repeat(129), 'a b', 'a\n', '设备', '\u0000', null, 7, ['a']].map((one) => [one]))(
    'is refused if the limit key is %j',
    async (limit_key) => {
      expect((await send(request({ limit_key }))).status).toBe(400)
    },
  )

  it.each([
    ['another key', `Bearer ${'x'.repeat(32)}`],
    ['an empty header', ''],
    ['an empty key', 'Bearer '],
    ['a key of another scheme', `Digest ${KEYS.shop}`],
    ['a key without a scheme', KEYS.shop],
    ['the name of a key', 'Bearer shop'],
  ])('is refused with %s, although its picture is right', async (_what, authorization) => {
    const picture = await api.captcha()
    const refused = await send({ mobile: aMobile(), ...picture }, { authorization })
    expect(refused).toEqual({ status: 401, body: { code: '4101', errmsg: 'API 密钥缺失或无效' } })
    expect(await api.redis.exists(keys.captcha(picture.uuid))).toBe(1)
  })

  it('is refused without the scope send, although its picture is right', async () => {
    const refused = await send({ mobile: aMobile(), ...(await api.captcha()) }, bearer('plain'))
    expect(refused).toEqual({ status: 403, body: { code: '4101', errmsg: 'API 密钥无权调用此接口或场景' } })
  })

  it.each([
    ['vault', 'reset_password', 202],
    ['vault', 'login', 403],
    ['vault', 'default', 403],
    ['shop', 'reset_password', 403],
    ['shop', 'login', 202],
  ] as const)(
    'of %s for the scene %s gets %i, as the bindings of the keys say',
    async (name, scene, status) => {
      expect((await send(request({ scene }), bearer(name))).status).toBe(status)
    },
  )

  it.each(['https://shop.example', 'https://evil.example', 'null', 'capacitor://localhost'])(
    'of a page is refused (Origin: %s), because the page shows the key',
    async (origin) => {
      const headers = { ...bearer('shop'), origin, 'accept-language': 'en' }
      expect(await send(request(), headers)).toEqual({
        status: 403,
        body: {
          code: '4101',
          errmsg: 'An API key must not be used in a page: call from your back end, without the header Origin',
        },
      })
    },
  )
})

it('any values of the fields of back ends get an answer of the contract, with and without a key', async () => {
  const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 140 }), fc.ipV4(), fc.ipV6(), fc.jsonValue())
  const fields = fc.record({ client_address: value, limit_key: value, proof: value }, { requiredKeys: [] })
  const headers = fc.constantFrom<Record<string, string>>(bearer('shop'), bearer('plain'), {})
  const samples = fc.sample(fc.tuple(fields, headers), 100)
  const answers = await Promise.all(
    samples.map(([body, header]) => send({ mobile: aMobile(), ...body }, header)),
  )
  const isInContract = ({ status, body }: Answer) =>
    [202, 400, 403, 413, 429].includes(status) && /^[0-9]+$/.test(String(body['code']))
  expect(samples.filter((_sample, i) => !answers.slice(i, i + 1).every(isInContract))).toEqual([])
})

describe('a send without an API key', () => {
  it.each([{ client_address: '203.0.113.7' }, { limit_key: 'device-1' }])(
    'is refused with %j, with and without a picture',
    async (field) => {
      for (const picture of [{}, await api.captcha()]) {
        const { status, body } = await send({ mobile: aMobile(), ...picture, ...field }, {})
        const isMissing = Object.keys(picture).length === 0 && !('client_address' in field)
        expect([status, body['errmsg']]).toEqual([400, isMissing ? '缺少必传参数' : '缺少 API 密钥'])
      }
    },
  )

  it('may have the password of a proxy, which is no API key', async () => {
    const basic = { authorization: `Basic ${Buffer.from('staging:secret').toString('base64')}` }
    expect((await send({ mobile: aMobile(), ...(await api.captcha()) }, basic)).status).toBe(202)
    expect(await send(request(), basic)).toMatchObject({ status: 400, body: { errmsg: '缺少 API 密钥' } })
  })

  it('of a page is accepted with a picture, and refused without', async () => {
    const origin = { origin: 'https://shop.example' }
    expect((await send({ mobile: aMobile(), ...(await api.captcha()) }, origin)).status).toBe(202)
    expect(await send({ mobile: aMobile() }, origin)).toMatchObject({ status: 400, body: { code: '4003' } })
  })
})

describe('without a key of the scope send', () => {
  let own: Api
  beforeAll(async () => {
    own = await startApiWith({}, { API_KEYS: `shop:${KEYS.shop}` })
  })
  afterAll(() => own.stop())

  it("the bearer token of a page's own application is ignored", async () => {
    const token = { authorization: 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.x', origin: 'https://shop.example' }
    const sent = await own.post(SEND, { mobile: aMobile(), ...(await own.captcha()) }, token)
    expect(sent.status).toBe(202)
    expect(await own.post(SEND, request(), token)).toMatchObject({
      status: 400,
      body: { errmsg: '缺少 API 密钥' },
    })
    const refused = await send({ mobile: aMobile(), ...(await api.captcha()) }, token)
    expect(refused).toMatchObject({ status: 401, body: { code: '4101' } })
  })

  it('an API key is refused, because it lacks the scope', async () => {
    expect(await own.post(SEND, request(), bearer('shop'))).toMatchObject({
      status: 403,
      body: { code: '4101' },
    })
  })
})

it('the idempotency keys of back ends and browsers never meet', async () => {
  const key = randomUUID()
  const body = request(await api.captcha())
  const first = await calls.post(SEND, body, key, bearer('shop'))
  expect(first.status).toBe(202)
  expect(await calls.post(SEND, body, key, bearer('shop'))).toMatchObject(replayOf(first))
  // Each of these is a request of its own: the picture is used up, and a browser must not name an address.
  const other = await calls.post(SEND, body, key, bearer('crm'))
  expect(other).toMatchObject({ status: 400, body: { errmsg: '图形验证码失效' }, replayed: undefined })
  const { client_address: _, ...ofBrowser } = { ...body, ...(await api.captcha()), mobile: aMobile() }
  expect(await calls.post(SEND, ofBrowser, key)).toMatchObject({ status: 202, replayed: undefined })
  expect(await calls.post(SEND, body, key, bearer('shop'))).toMatchObject(replayOf(first))
})

it('a refusal of a malformed call leaves the idempotency key of a back end unused', async () => {
  const key = randomUUID()
  const { client_address, ...body } = request(await api.captcha())
  expect((await calls.post(SEND, body, key, bearer('shop'))).status).toBe(400)
  expect((await calls.post(SEND, { ...body, client_address }, key, bearer('shop'))).status).toBe(202)
})

it('Redis, the jobs, the log and the metrics show no limit key, client address or API key', async () => {
  // A key in Redis has the first 12 characters of a name.
  const limit_key = `dev-${randomUUID().slice(0, 8)}`
  const client_address = '198.51.100.77'
  lines.length = 0
  const body = request({ limit_key, client_address })
  const key = randomUUID()
  for (let i = 0; i < 2; i++) expect((await calls.post(SEND, body, key, bearer('shop'))).status).toBe(202)
  await send(body)
  await send(request({ limit_key, client_address: 'wrong' }))
  await send(request({ limit_key, client_address, origin: 1 }), {
    ...bearer('shop'),
    origin: 'https://a.example',
  })
  const shown = [lines.join(''), await api.registry.metrics(), ...(await stored())].join('\n')
  expect(shown).toContain('"backend":"shop"')
  for (const secret of [limit_key, client_address, KEYS.shop, body.mobile])
    expect(shown).not.toContain(secret)
})

/** Everything that Redis holds, as text. */
async function stored(): Promise<string[]> {
  const { redis } = api
  const reads: Record<string, (name: string) => Promise<unknown>> = {
    string: (name) => redis.get(name),
    hash: (name) => redis.hgetall(name),
    list: (name) => redis.lrange(name, 0, -1),
    set: (name) => redis.smembers(name),
    zset: (name) => redis.zrange(name, '0', '-1'),
    stream: (name) => redis.xrange(name, '-', '+'),
  }
  const names = await redis.keys('*')
  return Promise.all(
    names.map(async (name) => `${name} ${JSON.stringify(await reads[await redis.type(name)]?.(name))}`),
  )
}

it('the API description has the fields of back ends, and says that a key may replace the picture', async () => {
  const { paths, components } = (await api.app.inject({ url: '/openapi.json' })).json<{
    paths: Record<string, Record<string, { security?: unknown; responses: object; description: string }>>
    components: { schemas: Record<string, unknown> }
  }>()
  const post = paths['/v1/sms_codes']?.['post']
  expect(post?.security).toEqual([{}, { apiKey: [] }])
  expect(Object.keys(post?.responses ?? {})).toEqual(
    expect.arrayContaining(['202', '400', '401', '403', '429']),
  )
  expect(post?.description).toContain('`image_code` and `uuid`, or `proof`')
  expect(post?.description).toContain('scope `send` needs `client_address` instead')
  expect(components.schemas['SendRequest']).toMatchObject({
    properties: { client_address: {}, limit_key: { pattern: '^[!-~]{1,128}$' } },
  })
})
