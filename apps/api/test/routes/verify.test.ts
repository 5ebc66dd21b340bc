import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agePhone } from '@sms-codes/core/test/age'
import { aMobile, anAddress, startApi, startApiWith, type Api } from '../api.ts'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

async function verify(body: unknown, address = anAddress()) {
  const response = await api.app.inject({
    method: 'POST',
    url: '/v1/sms_codes/verify',
    headers: { 'x-forwarded-for': address, 'content-type': 'application/json' },
    payload: JSON.stringify(body),
  })
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
}

async function sent(scene = 'default') {
  const mobile = aMobile()
  const payload = { mobile, ...(await api.captcha()), scene }
  const headers = { 'x-forwarded-for': anAddress() }
  const response = await api.app.inject({ method: 'POST', url: '/v1/sms_codes', payload, headers })
  const rid = response.json<{ request_id: string }>().request_id
  return { mobile, rid, code: await api.codeOf(rid, scene) }
}

const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

describe('POST /v1/sms_codes/verify', () => {
  it('accepts the right code once, and answers a receipt for the phone and scene', async () => {
    const { mobile, rid, code } = await sent('login')
    const { status, body } = await verify({ mobile, sms_code: code, scene: 'login', request_id: rid })
    expect(status).toBe(200)
    expect(body).toMatchObject({ code: '0', request_id: rid, assurance: 'sms' })
    const parts = String(body['receipt']).split('.')
    const [header = '', claims = '', ...rest] = parts.map((part) =>
      Buffer.from(part, 'base64url').toString('latin1'),
    )
    expect(JSON.parse(claims)).toMatchObject({ sub: rid.slice(0, 22), scene: 'login', assurance: 'sms' })
    expect([header, claims, ...rest].join()).not.toContain(mobile)
    // Six digits may also be part of a time.
    expect([header, claims, ...rest].join()).not.toMatch(new RegExp(`(?<!\\d)${code}(?!\\d)`))
    expect(await verify({ mobile, sms_code: code, scene: 'login', request_id: rid })).toMatchObject({
      status: 400,
      body: { code: '4008', attempts_left: 0 },
    })
  })

  it('gives the same answer to a wrong, used, expired or unknown code and to another scene', async () => {
    const [first, second, third] = [await sent(), await sent(), await sent()]
    await verify({ mobile: second.mobile, sms_code: second.code })
    await agePhone(api.redis, api.keyring.pseudonym(third.mobile), 301)
    const answers = [
      await verify({ mobile: first.mobile, sms_code: wrong(first.code) }),
      await verify({ mobile: first.mobile, sms_code: first.code, scene: 'login' }),
      await verify({ mobile: second.mobile, sms_code: second.code }),
      await verify({ mobile: third.mobile, sms_code: third.code }),
      await verify({ mobile: aMobile(), sms_code: '123456' }),
    ]
    for (const { status, body } of answers)
      expect([status, body['code'], body['errmsg']]).toEqual([400, '4008', '短信验证码有误'])
  })

  it('counts down the guesses that are left for the request id', async () => {
    const { mobile, rid, code } = await sent()
    const left = []
    for (let i = 0; i < 6; i++)
      left.push((await verify({ mobile, sms_code: wrong(code), request_id: rid })).body['attempts_left'])
    expect(left).toEqual([4, 3, 2, 1, 0, 0])
    const right = { mobile, sms_code: code, request_id: rid }
    expect(await verify(right)).toMatchObject({ status: 400, body: { code: '4008', attempts_left: 0 } })
  })

  it('does not tell the guesses that are left to a caller without an id', async () => {
    const { mobile, code } = await sent()
    for (let i = 0; i < 6; i++)
      expect(await verify({ mobile, sms_code: wrong(code) })).toEqual({
        status: 400,
        body: { code: '4008', errmsg: '短信验证码有误' },
      })
    expect(await verify({ mobile, sms_code: code })).toMatchObject({ status: 400, body: { code: '4008' } })
  })

  it('gives the same answers to an id of another phone, and to a made-up id, as to the id of the code', async () => {
    const [mine, other] = [await sent(), await sent()]
    const answersTo = async (request_id: string) => {
      const answers = []
      for (let i = 0; i < 6; i++)
        answers.push(await verify({ mobile: mine.mobile, sms_code: wrong(mine.code), request_id }))
      return answers
    }
    const answers = await answersTo(mine.rid)
    for (const id of [other.rid, `${'p'.repeat(22)}.${'r'.repeat(22)}`, 'x', mine.rid.slice(1)])
      expect(await answersTo(id)).toEqual(answers)
  })

  it('refuses the right code with a sixth made-up id, and the number of guesses left does not tell', async () => {
    const { mobile, rid, code } = await sent()
    const guessWith = async (sms_code: string, request_id: string) =>
      (await verify({ mobile, sms_code, request_id })).body['attempts_left']
    for (let i = 0; i < 5; i++) expect(await guessWith(wrong(code), `made up ${i}`)).toBe(4)
    expect(await guessWith(code, 'made up 5')).toBe(4)
    expect(await verify({ mobile, sms_code: code, request_id: rid })).toMatchObject({ status: 200 })
  })

  it('accepts the id of an owner who asks after a stranger, whatever the stranger guesses', async () => {
    const { mobile, rid: strangersId, code } = await sent()
    await agePhone(api.redis, api.keyring.pseudonym(mobile), 61)
    const headers = { 'x-forwarded-for': anAddress() }
    const payload = { mobile, ...(await api.captcha()) }
    const response = await api.app.inject({ method: 'POST', url: '/v1/sms_codes', payload, headers })
    const { request_id } = response.json<{ request_id: string }>()
    for (const id of [strangersId, undefined, 'made up'])
      for (let i = 0; i < 6; i++) await verify({ mobile, sms_code: wrong(code), request_id: id })
    expect(await verify({ mobile, sms_code: code, request_id: strangersId })).toMatchObject({ status: 400 })
    expect(await verify({ mobile, sms_code: code, request_id })).toMatchObject({ status: 200 })
  })

  it.each([
    ['no code', { mobile: '13800138000' }, '4003'],
    ['an empty code', { mobile: '13800138000', sms_code: '' }, '4003'],
    ['a code of spaces', { mobile: '13800138000', sms_code: ' \t' }, '4003'],
    ['no mobile', { sms_code: '123456' }, '4003'],
    ['a bad mobile', { mobile: '23800138000', sms_code: '123456' }, '4007'],
    ['a bad scene', { mobile: '13800138000', sms_code: '123456', scene: 'nope' }, '5006'],
    ['an unknown field', { mobile: '13800138000', sms_code: '123456', admin: true }, '5006'],
    ['an empty request id', { mobile: '13800138000', sms_code: '123456', request_id: '' }, '5006'],
    ['null for the request id', { mobile: '13800138000', sms_code: '123456', request_id: null }, '5006'],
    ['a huge request id', { mobile: '13800138000', sms_code: '123456', request_id: 'x'.repeat(65) }, '5006'],
  ])('refuses %s with 400', async (_what, body, code) => {
    expect(await verify(body)).toMatchObject({ status: 400, body: { code } })
  })

  it.each([
    ['a number', 123456],
    ['a list', ['123456']],
    ['a word', true],
    ['too short a code', '12345'],
    ['too long a code', '1234567'],
    ['letters', 'abcdef'],
    ['digits of another script', '١٢٣٤٥٦'],
    ['a sign and digits', '+12345'],
  ])('answers %s as the code with 4008 and uses up no guess', async (_what, sms_code) => {
    const { mobile, rid, code } = await sent()
    for (const id of [{}, { request_id: rid }])
      for (let i = 0; i < 16; i++)
        expect(await verify({ mobile, sms_code, ...id })).toEqual({
          status: 400,
          body: { code: '4008', errmsg: '短信验证码有误' },
        })
    expect(await api.redis.keys(`sms:{${rid.slice(0, 22)}}:misses:*`)).toEqual([])
    const guess = { mobile, sms_code: wrong(code), request_id: rid }
    expect(await verify(guess)).toMatchObject({ body: { attempts_left: 4 } })
    expect((await verify({ mobile, sms_code: code, request_id: rid })).status).toBe(200)
  })

  it('answers 4008 to a code that has the length of another scene', async () => {
    const long = await startApiWith({ scenes: { default: {}, pay: { length: 8 } } })
    const post = (scene: string, sms_code: string) =>
      long.post('/v1/sms_codes/verify', { mobile: '13800138000', sms_code, scene })
    for (const [scene, code] of [
      ['default', '12345678'],
      ['pay', '123456'],
    ] as const)
      expect(await post(scene, code)).toEqual({
        status: 400,
        body: { code: '4008', errmsg: '短信验证码有误' },
      })
    await long.stop()
  })

  it('counts a malformed code against the limit of the address', async () => {
    const address = anAddress()
    const statuses = []
    for (let i = 0; i < 31; i++)
      statuses.push((await verify({ mobile: aMobile(), sms_code: '12345' }, address)).status)
    expect([statuses[29], statuses[30]]).toEqual([400, 429])
  })

  it('allows an address thirty guesses in five minutes', async () => {
    const address = anAddress()
    const statuses = []
    for (let i = 0; i < 31; i++)
      statuses.push((await verify({ mobile: aMobile(), sms_code: '123456' }, address)).status)
    expect(statuses.slice(0, 30).every((status) => status === 400)).toBe(true)
    expect(statuses[30]).toBe(429)
  })
})

describe('GET /v1/sms_codes/:request_id', () => {
  const status = async (id: string) => {
    const response = await api.app.inject({ url: `/v1/sms_codes/${id}` })
    return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
  }

  it('answers the status of the request and never the number', async () => {
    const { mobile, rid } = await sent('register')
    const answer = await status(rid)
    expect(answer).toEqual({
      status: 200,
      body: {
        code: '0',
        errmsg: '成功',
        status: 'queued',
        channel: 'sms',
        sends: 1,
        counts: true,
        times: { queued: expect.stringMatching(/^\d{4}-.*Z$/) as unknown },
      },
    })
    expect(JSON.stringify(answer)).not.toContain(mobile)
  })

  it('answers 404 for an unknown request', async () => {
    for (const id of ['x', `${'p'.repeat(22)}.${'r'.repeat(22)}`, '13800138000', '%00', 'a'.repeat(99)])
      expect(await status(id)).toMatchObject({ status: 404, body: { code: '5006' } })
  })
})
