import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createSmsCodes } from '@sms-codes/client'
import { aMobile, fetchFrom, startOnApi, wrong, type OnApi } from './on-api.ts'
import { toRecord } from '../../e2e/test/json.ts'

const A_TEXT: unknown = expect.any(String)
const REFUSED = { ok: false, message: A_TEXT }

let api: OnApi
beforeAll(async () => {
  api = await startOnApi({
    countries: { CN: { locale: 'zh-CN' }, US: { locale: 'en' }, GB: { locale: 'en' } },
    texts: { 'zh-CN': '{code}', en: '{code}' },
  })
})
afterAll(() => api.stop())
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('a send', () => {
  it('answers the request id and both times', async () => {
    const sent = await api.send(api.client())
    expect(sent).toEqual({ ok: true, requestId: A_TEXT, resendAfter: 60, expiresIn: 300 })
  })

  it.each([
    ['a text that is not a number', 'not a number', '手机号错误'],
    ['a landline', '+44 20 7946 0958', '该号码是固定电话，请使用手机号'],
    ['a country that is not served', '+852 9123 4567', '暂不支持该国家或地区的手机号'],
  ])('refuses %s because of `mobile`, and keeps the picture', async (_what, mobile, message) => {
    const one = api.client()
    const imageCode = await api.picture(one)
    const refused = await one.send({ mobile, imageCode })
    expect(refused).toEqual({ ok: false, reason: 'mobile', message, code: '4007', status: 400 })
    expect(await one.send({ mobile: aMobile(), imageCode })).toMatchObject({ ok: true })
  })

  it('refuses a wrong, a used and an unknown picture because of `captcha`', async () => {
    const one = api.client()
    const imageCode = await api.picture(one)
    const attempt = (typed: string) => one.send({ mobile: aMobile(), imageCode: typed })
    const captcha = (message: string) => ({
      ok: false,
      reason: 'captcha',
      message,
      code: '4001',
      status: 400,
    })
    expect(await attempt('ZZZZ')).toEqual(captcha('输入图形验证码有误'))
    expect(await attempt(imageCode)).toEqual(captcha('图形验证码失效'))
    expect(await api.client().send({ mobile: aMobile(), imageCode })).toEqual(captcha('图形验证码失效'))
    expect(await one.send({ mobile: aMobile(), proof: 'no proof' })).toEqual(captcha('安全验证失效'))
  })

  it('is throttled after a send to the same number, and says how long', async () => {
    const mobile = aMobile()
    const one = api.client()
    expect(await api.send(one, mobile)).toMatchObject({ ok: true })
    const again = await api.send(api.client({ language: 'en' }), mobile)
    expect(again).toMatchObject({
      reason: 'throttled',
      message: 'Too many messages to this number',
      code: '4002',
      status: 429,
    })
    expect(again.ok ? 0 : again.retryAfter).toBeGreaterThan(0)
  })

  it('needs a proof after many attempts of an address, and a computed proof passes', async () => {
    const one = api.client()
    for (let i = 0; i < 20; i++) await one.send({ mobile: aMobile(), imageCode: 'ZZZZ' })
    const mobile = aMobile()
    expect(await api.send(one, mobile)).toMatchObject({ ok: false, reason: 'proof_needed', code: '4001' })
    const steps: number[] = []
    const solved = await one.solveProof((step) => steps.push(step))
    expect(steps).toEqual(steps.map((_step, i) => i))
    const proof = toRecord(JSON.parse(atob(solved.ok ? solved.proof : '')))
    expect(steps).toHaveLength(Number(toRecord(proof['solution'])['counter']))
    expect(await one.send({ mobile, proof: solved.ok ? solved.proof : '' })).toMatchObject({ ok: true })
  })

  it('is invalid without a picture or proof, and for an unknown scene', async () => {
    expect(await api.client().send({ mobile: aMobile() })).toMatchObject({ reason: 'invalid', code: '4003' })
    const one = api.client({ scene: 'nonsense' })
    expect(await api.send(one)).toMatchObject({ reason: 'invalid', code: '5006', status: 400 })
  })
})

describe('a verify', () => {
  it('answers the receipt, the request and the assurance', async () => {
    const { one, code } = await api.sent()
    const { mobile, requestId } = one.last() ?? {}
    const verified = await one.verify({ code })
    expect(verified).toEqual({ ok: true, mobile, receipt: A_TEXT, requestId, assurance: 'sms' })
  })

  it('refuses a wrong code with the guesses that are left, and ends the code after five', async () => {
    const { one, code } = await api.sent()
    const guess = async () => one.verify({ code: wrong(code) })
    for (const attemptsLeft of [4, 3, 2, 1])
      expect(await guess()).toEqual({
        ok: false,
        reason: 'code_wrong',
        message: '短信验证码有误',
        code: '4008',
        status: 400,
        attemptsLeft,
      })
    expect(await guess()).toMatchObject({ reason: 'code_ended', code: '4008', attemptsLeft: 0 })
    expect(await one.verify({ code })).toMatchObject({ reason: 'code_ended', attemptsLeft: 0 })
  })

  it('does not count a text that cannot be a code', async () => {
    const { one } = await api.sent()
    const refused = await one.verify({ code: '12345' })
    expect(refused).toEqual({
      ok: false,
      reason: 'code_wrong',
      message: '短信验证码有误',
      code: '4008',
      status: 400,
    })
  })

  it('refuses a used code because of `code_ended`', async () => {
    const { one, code } = await api.sent()
    expect(await one.verify({ code })).toMatchObject({ ok: true })
    expect(await one.verify({ code })).toMatchObject({ reason: 'code_ended', attemptsLeft: 0 })
  })

  it('refuses an expired code because of `code_expired`, by the status of the request', async () => {
    const { one, code } = await api.sent()
    await api.age(one, 301)
    expect(await one.verify({ code })).toMatchObject({
      reason: 'code_expired',
      code: '4008',
      attemptsLeft: 0,
    })
  })

  it('knows by its own clock that a code has expired, if the status is unknown', async () => {
    const { one, code } = await api.sent()
    await api.age(one, 2_000)
    vi.setSystemTime(Date.now() + 301_000)
    expect(await one.verify({ code })).toMatchObject({ reason: 'code_expired', attemptsLeft: 0 })
  })

  it('is invalid before a send, unless it names the number', async () => {
    expect(await api.client().verify({ code: '123456' })).toMatchObject({ reason: 'invalid', code: '4003' })
    const { one, code } = await api.sent()
    const mobile = one.last()?.mobile ?? ''
    expect(await api.client().verify({ code, mobile: `+86 ${mobile}` })).toMatchObject({ ok: true })
  })

  it('gives another number no request id, so it has guesses of its own', async () => {
    const { one, code } = await api.sent()
    const refused = await one.verify({ code, mobile: aMobile() })
    expect(refused).toMatchObject({ reason: 'code_wrong' })
    expect(refused).not.toHaveProperty('attemptsLeft')
  })
})

describe('a service that cannot send', () => {
  it('is `unavailable` with the time to wait when the budget is spent', async () => {
    const limited = await startOnApi({ budget: { messages: ['1/1h'] } })
    expect(await limited.send(limited.client())).toMatchObject({ ok: true })
    const refused = await limited.send(limited.client())
    expect(refused).toMatchObject({ ...REFUSED, reason: 'unavailable', code: '5000', status: 503 })
    expect(refused.ok ? 0 : refused.retryAfter).toBeGreaterThan(0)
    await limited.stop()
  })

  it('is `unavailable` while Redis is away, for every call that needs Redis', async () => {
    const broken = await startOnApi()
    const { one, code } = await broken.sent()
    await broken.server.kill()
    const expected = { ...REFUSED, reason: 'unavailable', code: '5000', status: 503 }
    expect(await one.send({ mobile: aMobile(), imageCode: 'AB3D' })).toMatchObject(expected)
    expect(await one.verify({ code })).toMatchObject(expected)
    expect(await one.status()).toMatchObject(expected)
    expect(await one.solveProof()).toMatchObject(expected)
    await broken.stop()
  })

  it('is `unreachable` without an answer, also if the answer never comes', async () => {
    const unreachable = { ok: false, reason: 'unreachable', message: '', code: '', status: 0 }
    expect(await createSmsCodes({ baseUrl: 'http://127.0.0.1:9' }).scene()).toEqual(unreachable)
    const silent: typeof fetch = (_url, init) =>
      new Promise((_resolve, reject) =>
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason)),
      )
    expect(await createSmsCodes({ baseUrl: api.baseUrl, fetch: silent, timeoutMs: 10 }).scene()).toEqual(
      unreachable,
    )
  })
})

describe('an answer of another server', () => {
  const answerOf = (body: string, status: number, headers = {}) =>
    createSmsCodes({ baseUrl: '', fetch: async () => new Response(body, { status, headers }) })

  it.each([
    [429, { 'retry-after': '7' }, { reason: 'throttled', retryAfter: 7 }],
    [429, { 'retry-after': 'Sun, 29 Nov 2026 05:00:00 GMT' }, { reason: 'throttled' }],
    [502, {}, { reason: 'unavailable' }],
    [404, {}, { reason: 'invalid' }],
    [200, {}, { reason: 'invalid' }],
  ])('with the status %i and %o is a refusal too', async (status, headers, expected) => {
    const refused = { ok: false, message: '', code: '', status, ...expected }
    const mobile = { mobile: '13800138000', imageCode: 'AB3D' }
    expect(await answerOf('<html>', status, headers).send(mobile)).toEqual(refused)
    expect(await answerOf('{"request_id":1}', status, headers).send(mobile)).toEqual(refused)
  })

  it.each(['constructor', 'toString', '__proto__', 'no such code'])(
    'with the code %s is invalid',
    async (code) => {
      const body = JSON.stringify({ code, errmsg: '' })
      expect(await answerOf(body, 400).scene()).toMatchObject({ reason: 'invalid', code })
    },
  )

  it.each([
    ['"60"', '"4"', { retryAfter: 60 }],
    ['"soon"', 'null', {}],
    ['-1', '{}', {}],
    ['60', '0', { retryAfter: 60, attemptsLeft: 0 }],
  ])('with %s seconds and %s attempts has numbers or nothing', async (seconds, attempts, expected) => {
    const body = `{"code":"4002","errmsg":"","retry_after":${seconds},"attempts_left":${attempts}}`
    const refused = { ok: false, reason: 'throttled', message: '', code: '4002', status: 429 }
    expect(await answerOf(body, 429).scene()).toEqual({ ...refused, ...expected })
  })
})

describe('a page that cannot compute', () => {
  it('gets the code `needs_https` in place of a proof, and can send with a picture', async () => {
    const { crypto: full } = globalThis
    vi.stubGlobal('crypto', {
      getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => full.getRandomValues(bytes),
    })
    const one = createSmsCodes({ baseUrl: api.baseUrl, fetch: fetchFrom('203.0.113.9'), storage: null })
    expect(await one.solveProof()).toEqual({
      ok: false,
      reason: 'invalid',
      message: '',
      code: 'needs_https',
      status: 0,
    })
    expect(await api.send(one)).toMatchObject({ ok: true })
  })
})
