import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aMobile, anAddress, startApi, type Api } from '../api.ts'
import { idempotentCalls, SEND, VERIFY, type Calls } from './idempotent-calls.ts'

let api: Api
let calls: Calls
beforeAll(async () => {
  api = await startApi()
  calls = idempotentCalls(api)
})
afterAll(() => api.stop())

const post: Calls['post'] = (...call) => calls.post(...call)
const request: Calls['request'] = (mobile) => calls.request(mobile)
const slots = () => calls.slots()

describe('the header', () => {
  it.each([
    ['empty', ''],
    ['short enough to be guessed', 'x'.repeat(15)],
    ['too long', 'x'.repeat(256)],
    ['two words', 'sixteen letters and more'],
    ['quoted', `"${randomUUID()}"`],
    ['a list', `${randomUUID()},${randomUUID()}`],
    ['a key of Redis', 'sms:{gate}:budget:all'],
    ['a format', '%s%s%s%s%s%s%s%s%s'],
    ['not ASCII', 'ÿ'.repeat(20)],
  ])('is refused with 400 if it is %s, and nothing is spent', async (_what, key) => {
    const body = await request()
    for (const url of [SEND, VERIFY]) {
      const payload = url === SEND ? body : { mobile: body.mobile, sms_code: '123456' }
      expect(await post(url, payload, key)).toMatchObject({ status: 400, body: { code: '5006' } })
    }
    expect(await api.redis.get(`img_${body.uuid}`)).toBe('AB3D')
  })

  it.each([
    ['of 16 characters', 'A-b_c.d:e~f+g/h='],
    ['of 255 characters', 'k'.repeat(255)],
  ])('may be %s', async (_what, key) => {
    expect((await post(SEND, await request(), key)).status).toBe(202)
  })

  it('is ignored by the classic call and by a request that fails validation', async () => {
    const before = await slots()
    const { mobile, ...query } = await request()
    const headers = { 'idempotency-key': randomUUID(), 'x-forwarded-for': anAddress() }
    await api.app.inject({ url: `/sms_codes/${mobile}/`, query, headers })
    expect((await post(SEND, { mobile }, randomUUID())).status).toBe(400)
    expect(await slots()).toEqual(before)
  })

  it('can be sent, and its answer read, by a page of an allowed origin', async () => {
    const origin = 'https://shop.example'
    const asked = await api.app.inject({
      method: 'OPTIONS',
      url: SEND,
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,idempotency-key',
      },
    })
    expect(asked.statusCode).toBe(204)
    expect(asked.headers['access-control-allow-headers']).toContain('idempotency-key')
    const answer = await api.app.inject({
      method: 'POST',
      url: SEND,
      headers: { origin, 'x-forwarded-for': anAddress() },
      payload: await request(),
    })
    expect(answer.headers['access-control-expose-headers']).toContain('idempotent-replayed')
  })

  it.each([SEND, VERIFY])('is documented for POST %s, with 409 and 422', async (path) => {
    const { paths } = (await api.app.inject({ url: '/openapi.json' })).json<{
      paths: Record<string, { post: { parameters: object[]; responses: object } }>
    }>()
    expect(paths[path]?.post.parameters).toEqual([
      expect.objectContaining({ name: 'idempotency-key', in: 'header', required: false }),
    ])
    expect(Object.keys(paths[path]?.post.responses ?? {})).toEqual(expect.arrayContaining(['409', '422']))
  })
})

describe('a kept answer', () => {
  it('reveals no key, number, code or receipt in Redis', async () => {
    const [key, other] = [randomUUID(), randomUUID()]
    const body = await request()
    const { request_id } = (await post(SEND, body, key)).body
    const verifying = { mobile: body.mobile, sms_code: await api.codeOf(String(request_id)), request_id }
    const { receipt } = (await post(VERIFY, verifying, other)).body
    const held = (await slots()).length
    expect(held).toBeGreaterThan(1)
    const everything: unknown[] = []
    for (const name of await api.redis.keys('*')) everything.push(name, await contents(name))
    const text = JSON.stringify(everything)
    for (const secret of [key, other, body.mobile]) expect(text).not.toContain(secret)
    // Six digits may also be part of a time.
    expect(text).not.toMatch(new RegExp(`(?<!\\d)${verifying.sms_code}(?!\\d)`))
    for (const part of String(receipt)
      .split('.')
      .filter(({ length }) => length > 8))
      expect(text).not.toContain(part)
  })

  it('can be opened only in its own slot', async () => {
    const [body, mine, stolen] = [await calls.sent(), randomUUID(), randomUUID()]
    const slotOf = async (key: string, payload: object) => {
      const before = await slots()
      await post(VERIFY, payload, key)
      return (await slots()).find((name) => !before.includes(name)) ?? ''
    }
    const from = await slotOf(mine, body)
    const guess = { mobile: aMobile(), sms_code: '123456' }
    const to = await slotOf(stolen, guess)
    await api.redis.set(to, (await api.redis.get(from)) ?? '')
    expect(await post(VERIFY, guess, stolen)).toMatchObject({ status: 422, body: { code: '5006' } })
  })
})

async function contents(name: string): Promise<unknown> {
  switch (await api.redis.type(name)) {
    case 'hash':
      return api.redis.hgetall(name)
    case 'zset':
      return api.redis.zrange(name, 0, '-1')
    case 'list':
      return api.redis.lrange(name, 0, -1)
    case 'stream':
      return api.redis.xrange(name, '-', '+')
    default:
      return api.redis.get(name)
  }
}
