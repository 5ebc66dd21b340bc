import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aMobile, anAddress, startApi, startApiWith, type Api } from '../api.ts'
import { leftOf } from '@sms-codes/core/test/left-of'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

const PICTURE = { image_code: 'AB3D', uuid: 'u'.repeat(8) }

type Query = Record<string, string>

/** Makes the classic call, each time from another address unless one is given. */
async function get(mobile: string, query: Query, headers: Query = {}) {
  const response = await api.app.inject({
    url: `/sms_codes/${mobile}/`,
    query,
    headers: { 'x-forwarded-for': anAddress(), ...headers },
  })
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.json<Record<string, unknown>>(),
  }
}

async function post(body: unknown, headers: Query = {}) {
  const response = await api.app.inject({
    method: 'POST',
    url: '/v1/sms_codes',
    headers: { 'x-forwarded-for': anAddress(), 'content-type': 'application/json', ...headers },
    payload: JSON.stringify(body),
  })
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.json<Record<string, unknown>>(),
  }
}

describe('the classic call', () => {
  it('answers a right image code with the classic answer, and enqueues one masked job', async () => {
    const mobile = aMobile()
    const { status, body } = await get(mobile, await api.captcha())
    expect(status).toBe(200)
    expect(body).toMatchObject({ code: '0', errmsg: '发送短信成功', resend_after: 60, expires_in: 300 })
    const jobs = (await api.waiting()).filter(({ data }) => data.rid === body['request_id'])
    expect(jobs.map(({ data }) => data)).toEqual([
      {
        v: 1,
        rid: body['request_id'],
        scene: 'default',
        n: 1,
        to: `${mobile.slice(0, 3)}****${mobile.slice(7)}`,
        segment: mobile.slice(0, 3),
        country: 'CN',
        locale: 'zh-CN',
      },
    ])
  })

  it('compares the image code without regard to case', async () => {
    const { uuid } = await api.captcha('AB3D')
    expect((await get(aMobile(), { image_code: 'ab3d', uuid })).body['code']).toBe('0')
  })

  it.each([
    ['neither', {}],
    ['no image code', { uuid: 'u'.repeat(8) }],
    ['no uuid', { image_code: 'AB3D' }],
    ['an empty image code', { image_code: '', uuid: 'u'.repeat(8) }],
    ['an empty uuid', { image_code: 'AB3D', uuid: '' }],
  ])('with %s is answered 缺少必传参数', async (_what, query) => {
    expect(await get(aMobile(), query)).toMatchObject({
      status: 200,
      body: { code: '4003', errmsg: '缺少必传参数' },
    })
  })

  it.each([
    ['was never issued', 'nothing-here'],
    ['could never be issued', 'a*b'],
    ['is a path', '../../etc'],
    ['is huge', 'a'.repeat(2_000)],
  ])('with a uuid that %s is answered 图形验证码失效', async (_what, uuid) => {
    const answer = await get(aMobile(), { image_code: 'AB3D', uuid })
    expect(answer).toMatchObject({ status: 200, body: { code: '4001', errmsg: '图形验证码失效' } })
  })

  it('with a wrong image code is refused, and the image is consumed', async () => {
    const { uuid } = await api.captcha('AB3D')
    const mobile = aMobile()
    expect((await get(mobile, { image_code: 'ZZZZ', uuid })).body).toEqual({
      code: '4001',
      errmsg: '输入图形验证码有误',
    })
    expect((await get(mobile, { image_code: 'AB3D', uuid })).body).toEqual({
      code: '4001',
      errmsg: '图形验证码失效',
    })
  })

  it('for a phone that was sent to within the last minute is answered 发送短信过于频繁 with a time to wait', async () => {
    const mobile = aMobile()
    await get(mobile, await api.captcha())
    const { status, body, headers } = await get(mobile, await api.captcha())
    expect(status).toBe(200)
    expect(body).toEqual({ code: '4002', errmsg: '发送短信过于频繁', retry_after: leftOf(60) })
    expect(headers['retry-after']).toBe(String(body['retry_after']))
  })

  it('answers 404 for a path without a valid mobile', async () => {
    for (const path of [
      '1380013800',
      '138001380001',
      '12800138000',
      '+8613800138000',
      '1380013800x',
      '%E5%BD%93',
      '13800138000%0A',
    ]) {
      expect(await get(path, await api.captcha())).toMatchObject({ status: 404, body: { code: '4007' } })
    }
  })

  it('works with and without the slash at the end', async () => {
    const url = `/sms_codes/${aMobile()}`
    const headers = { 'x-forwarded-for': anAddress() }
    expect(
      (await api.app.inject({ url, query: await api.captcha(), headers })).json<{ code: string }>().code,
    ).toBe('0')
  })

  it('uses the last value of a repeated parameter', async () => {
    const { uuid } = await api.captcha('AB3D')
    const response = await api.app.inject({
      url: `/sms_codes/${aMobile()}/?image_code=x&image_code=AB3D&uuid=${uuid}`,
      headers: { 'x-forwarded-for': anAddress() },
    })
    expect(response.json<{ code: string }>().code).toBe('0')
  })

  it('does not exist for HEAD', async () => {
    const query = await api.captcha()
    const response = await api.app.inject({ method: 'HEAD', url: `/sms_codes/${aMobile()}/`, query })
    expect(response.statusCode).toBe(404)
    expect(await api.redis.get(`img_${query.uuid}`)).toBe('AB3D')
  })

  it.each([
    ['prefetched', { 'sec-purpose': 'prefetch;prerender' }],
    ['prefetched the old way', { purpose: 'prefetch' }],
    ['an image of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }],
    ['a link of another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }],
    [
      'a script of another site',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', origin: 'https://evil.example' },
    ],
  ])('is refused if it is %s, and spends nothing', async (_what, headers) => {
    const query = await api.captcha()
    expect(await get(aMobile(), query, headers)).toMatchObject({ status: 400, body: { code: '5006' } })
    expect(await api.redis.get(`img_${query.uuid}`)).toBe('AB3D')
  })

  it('can be made by a page of an allowed origin on another site', async () => {
    const headers = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'cors',
      origin: 'https://shop.example',
    }
    const answer = await get(aMobile(), await api.captcha(), headers)
    expect(answer.body['code']).toBe('0')
    expect(answer.headers['access-control-allow-origin']).toBe('https://shop.example')
  })

  it('cannot be read by a page of another origin', async () => {
    const { headers } = await get(aMobile(), {}, { origin: 'https://evil.example' })
    expect(headers['access-control-allow-origin']).toBeUndefined()
  })

  it('is answered in Chinese, whatever language the browser prefers', async () => {
    const english = { 'accept-language': 'en-GB,en;q=0.9' }
    const mobile = aMobile()
    const answers = [
      await get(mobile, {}, english),
      await get(mobile, await api.captcha(), english),
      await get(mobile, await api.captcha(), english),
      await get('123', await api.captcha(), english),
      await get(mobile, await api.captcha(), { ...english, purpose: 'prefetch' }),
    ]
    expect(answers.map(({ body }) => body['errmsg'])).toEqual([
      '缺少必传参数',
      '发送短信成功',
      '发送短信过于频繁',
      '手机号错误',
      '参数错误',
    ])
  })

  it('means the default scene if its scene is empty', async () => {
    const answer = await get(aMobile(), { ...(await api.captcha()), scene: '' })
    expect(answer).toMatchObject({ status: 200, body: { code: '0' } })
    const [job] = await api
      .waiting()
      .then((jobs) => jobs.filter(({ data }) => data.rid === answer.body['request_id']))
    expect(job?.data.scene).toBe('default')
  })

  it('is refused for an unknown scene', async () => {
    const answer = await get(aMobile(), { ...(await api.captcha()), scene: 'nope' })
    expect(answer).toMatchObject({ status: 400, body: { code: '5006' } })
  })
})

describe('POST /v1/sms_codes', () => {
  it('accepts a request with 202', async () => {
    const { status, body } = await post({ mobile: aMobile(), ...(await api.captcha()), scene: 'login' })
    expect(status).toBe(202)
    expect(body).toMatchObject({ code: '0', resend_after: 60, expires_in: 300 })
  })

  it('refuses a second request within a minute with 429 and Retry-After', async () => {
    const mobile = aMobile()
    await post({ mobile, ...(await api.captcha()) })
    const { status, body, headers } = await post({ mobile, ...(await api.captcha()) })
    expect([status, body['code'], Number(headers['retry-after'])]).toEqual([429, '4002', leftOf(60)])
  })

  it.each([
    ['nothing', {}, '4003'],
    ['no mobile', { image_code: 'AB3D', uuid: 'u'.repeat(8) }, '4003'],
    ['null for the mobile', { mobile: null, image_code: 'AB3D', uuid: 'u'.repeat(8) }, '4003'],
    ['an empty mobile', { mobile: '', image_code: 'AB3D', uuid: 'u'.repeat(8) }, '4003'],
    ['a number for the mobile', { mobile: 13800138000, image_code: 'AB3D', uuid: 'u'.repeat(8) }, '4007'],
    ['a list for the mobile', { mobile: ['13800138000'], image_code: 'AB3D', uuid: 'u'.repeat(8) }, '4007'],
    ['a short mobile', { mobile: '1380013800', image_code: 'AB3D', uuid: 'u'.repeat(8) }, '4007'],
    ['an empty proof beside a picture', { mobile: '13800138000', ...PICTURE, proof: '' }, '5006'],
    ['null for the locale', { mobile: '13800138000', ...PICTURE, locale: null }, '5006'],
    ['a malformed uuid', { mobile: '13800138000', image_code: 'AB3D', uuid: 'a*b' }, '5006'],
    ['an unknown uuid', { mobile: '13800138000', image_code: 'AB3D', uuid: 'u'.repeat(8) }, '4001'],
    [
      'an over-long answer',
      { mobile: '13800138000', image_code: 'A'.repeat(17), uuid: 'u'.repeat(8) },
      '4001',
    ],
    [
      'an unknown scene',
      { mobile: '13800138000', image_code: 'AB3D', uuid: 'u'.repeat(8), scene: 'x' },
      '5006',
    ],
    [
      'an address to send to',
      { mobile: '13800138000', image_code: 'AB3D', uuid: 'u'.repeat(8), email: 'a@b.c' },
      '5006',
    ],
    ['a list', [], '5006'],
    ['null', null, '5006'],
  ])('refuses %s with 400', async (_what, body, code) => {
    expect(await post(body)).toMatchObject({ status: 400, body: { code } })
  })

  it.each([
    ['text/plain', '{}', 415],
    ['application/x-www-form-urlencoded', 'mobile=1', 415],
    ['multipart/form-data; boundary=x', '--x', 415],
    ['application/json', '{"mobile":', 400],
    ['application/json', '{"__proto__":{"a":1},"mobile":"13800138000"}', 400],
    ['application/json', `{"mobile":"${'1'.repeat(5_000)}"}`, 413],
  ])('refuses a body of %s: %s', async (type, payload, status) => {
    const response = await api.app.inject({
      method: 'POST',
      url: '/v1/sms_codes',
      headers: { 'content-type': type },
      payload,
    })
    expect(response.statusCode).toBe(status)
    expect(response.json()).toEqual({ code: '5006', errmsg: '参数错误' })
  })

  it('allows one address five messages a minute, for any number of phones', async () => {
    const headers = { 'x-forwarded-for': anAddress() }
    const statuses = []
    for (let i = 0; i < 6; i++)
      statuses.push((await post({ mobile: aMobile(), ...(await api.captcha()) }, headers)).status)
    expect(statuses).toEqual([202, 202, 202, 202, 202, 429])
  })

  it('allows one address thirty image codes in ten minutes, right or wrong', async () => {
    const headers = { 'x-forwarded-for': anAddress() }
    const statuses = []
    for (let i = 0; i < 31; i++)
      statuses.push(
        (await post({ mobile: aMobile(), image_code: 'AB3D', uuid: 'not-issued' }, headers)).status,
      )
    expect(statuses.filter((status) => status === 400)).toHaveLength(30)
    expect(statuses.at(-1)).toBe(429)
  })

  it('counts a right image code as an attempt too, and consumes the image of an attempt over the limit', async () => {
    const tight = await startApiWith({ limits: { address: { attempts: ['2/10m'] } } })
    const send = async (answered: Query) => {
      const payload = { mobile: aMobile(), ...answered }
      return (await tight.app.inject({ method: 'POST', url: '/v1/sms_codes', payload })).statusCode
    }
    expect(await send(await tight.captcha())).toBe(202)
    expect(await send(await tight.captcha())).toBe(202)
    const answered = await tight.captcha()
    expect(await send(answered)).toBe(429)
    expect(await tight.redis.exists(`img_${answered.uuid}`)).toBe(0)
    await tight.stop()
  })

  it('ignores X-Forwarded-For if no proxy is configured', async () => {
    const bare = await startApiWith({ limits: { address: { attempts: ['2/10m'] } } }, { TRUST_PROXY: '' })
    const statuses = []
    for (let i = 0; i < 3; i++) {
      const payload = { mobile: aMobile(), ...(await bare.captcha()) }
      const headers = { 'x-forwarded-for': anAddress() }
      const request = { method: 'POST' as const, url: '/v1/sms_codes', payload, headers }
      statuses.push((await bare.app.inject(request)).statusCode)
    }
    expect(statuses).toEqual([202, 202, 429])
    await bare.stop()
  })

  it('trusts X-Forwarded-For only from the configured proxies', async () => {
    const from = '203.0.113.7'
    const statuses = []
    for (let i = 0; i < 6; i++) {
      const response = await api.app.inject({
        method: 'POST',
        url: '/v1/sms_codes',
        remoteAddress: from,
        headers: { 'x-forwarded-for': anAddress(), 'content-type': 'application/json' },
        payload: JSON.stringify({ mobile: aMobile(), ...(await api.captcha()) }),
      })
      statuses.push(response.statusCode)
    }
    expect(statuses.at(-1)).toBe(429)
  })
})

describe('a failing Redis', () => {
  it('that takes no job makes the API give the slot of the phone back', async () => {
    const broken = await startApi()
    const mobile = aMobile()
    const query = await broken.captcha()
    // The key of the queue has another type, so adding a job fails although Redis answers.
    await broken.redis.set('{sms}:sms:wait', 'not a list')
    const refused = await broken.app.inject({ url: `/sms_codes/${mobile}/`, query })
    expect([refused.statusCode, refused.json<{ code: string }>().code]).toEqual([503, '5000'])
    await broken.redis.del('{sms}:sms:wait')
    // The slot comes back after the answer was sent.
    await expect.poll(() => broken.redis.keys('sms:*:code:*')).toEqual([])
    const again = await broken.app.inject({ url: `/sms_codes/${mobile}/`, query: await broken.captcha() })
    expect(again.json<{ code: string }>().code).toBe('0')
    await broken.stop()
  })

  it('makes every route answer 503 and 5000 until Redis is back', async () => {
    const broken = await startApi()
    const { port, dir } = broken.server
    await broken.server.kill()
    const calls = [
      { url: '/image_codes/aaaaaaaa-1/' },
      { url: '/v1/challenges' },
      { url: `/sms_codes/${aMobile()}/?image_code=AB3D&uuid=aaaaaaaa-1` },
      { url: `/v1/sms_codes/${'p'.repeat(22)}.${'r'.repeat(22)}` },
      {
        method: 'POST' as const,
        url: '/v1/sms_codes',
        payload: { mobile: aMobile(), image_code: 'AB3D', uuid: 'aaaaaaaa-1' },
      },
      {
        method: 'POST' as const,
        url: '/v1/sms_codes/verify',
        payload: { mobile: aMobile(), sms_code: '123456' },
      },
    ]
    for (const call of calls) {
      const response = await broken.app.inject(call)
      expect([call.url, response.statusCode, response.json<{ code: string }>().code]).toEqual([
        call.url,
        503,
        '5000',
      ])
    }
    const { startRedis } = await import('@sms-codes/launcher/redis')
    const back = await startRedis({ port, dir })
    await expect
      .poll(async () => (await broken.app.inject({ url: '/image_codes/aaaaaaaa-1/' })).statusCode)
      .toBe(200)
    await broken.stop()
    await back.stop()
  })
})
