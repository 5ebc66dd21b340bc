import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anAddress, startApi, type Api } from './api.ts'
import { leftOf } from '@sms-codes/core/test/left-of'

let api: Api
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api.stop())

describe('GET /image_codes/:uuid/', () => {
  it('answers a picture that must not be cached, and stores its text for 300 seconds', async () => {
    const response = await api.app.inject({ url: '/image_codes/0b7d-uuid/' })
    expect(response.statusCode).toBe(200)
    expect(response.headers).toMatchObject({ 'content-type': 'image/png', 'cache-control': 'no-store' })
    expect(response.rawPayload.subarray(1, 4).toString()).toBe('PNG')
    expect(await api.redis.get('img_0b7d-uuid')).toMatch(/^[2-9ACDEFHJKMNPRTUWXY]{4}$/)
    expect(await api.redis.ttl('img_0b7d-uuid')).toEqual(leftOf(300))
  })

  it('lets a page of another origin show the picture, also an isolated page', async () => {
    const { headers } = await api.app.inject({ url: '/image_codes/1b7d-uuid/' })
    expect(headers['cross-origin-resource-policy']).toBe('cross-origin')
  })

  it.each(['short', 'a*bcdefgh', 'x'.repeat(65), '%00aaaaaaaa', 'a:b:c:d:e', '..%2F..%2Fetc'])(
    'refuses the uuid %s',
    async (uuid) => {
      const before = await api.redis.dbsize()
      const response = await api.app.inject({ url: `/image_codes/${uuid}/` })
      expect([response.statusCode, response.json()]).toEqual([400, { code: '5006', errmsg: '参数错误' }])
      expect(await api.redis.dbsize()).toBe(before)
    },
  )

  it('draws at most thirty pictures a minute for one address', async () => {
    const headers = { 'x-forwarded-for': anAddress() }
    const statuses = []
    for (let i = 0; i < 31; i++)
      statuses.push((await api.app.inject({ url: `/image_codes/uuid-number-${i}/`, headers })).statusCode)
    expect(statuses.filter((status) => status === 200)).toHaveLength(30)
    expect(statuses[30]).toBe(429)
  })
})

describe('every answer', () => {
  it.each([
    ['GET', '/', 404],
    ['GET', '/nowhere', 404],
    ['GET', '/%zz', 400],
    ['GET', `/sms_codes/${'1'.repeat(200)}/`, 414],
    ['PUT', '/v1/sms_codes', 404],
    ['DELETE', '/sms_codes/13800138000/', 404],
  ] as const)('to %s %s is in the envelope', async (method, url, status) => {
    const response = await api.app.inject({ method, url })
    expect([url, response.statusCode]).toEqual([url, status])
    expect(Object.keys(response.json<object>())).toEqual(['code', 'errmsg'])
    expect(response.headers['x-content-type-options']).toBe('nosniff')
  })

  it('is documented from the schemas of the routes', async () => {
    const { paths } = (await api.app.inject({ url: '/openapi.json' })).json<{
      paths: Record<string, object>
    }>()
    expect(
      Object.entries(paths)
        .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
        .toSorted(),
    ).toEqual([
      'delete /v1/contacts/{mobile}',
      'get /.well-known/jwks.json',
      'get /image_codes/{uuid}',
      'get /sms_codes/{mobile}',
      'get /v1/challenges',
      'get /v1/scenes/{scene}',
      'get /v1/sms_codes/{request_id}',
      'post /v1/receipts/redeem',
      'post /v1/sms_codes',
      'post /v1/sms_codes/verify',
      'put /v1/contacts/{mobile}',
    ])
    expect((await api.app.inject({ url: '/docs/' })).statusCode).toBe(200)
  })

  it('is the same to HEAD for routes without side effects, and 404 for the others', async () => {
    const statuses = []
    for (const url of [
      '/docs',
      '/openapi.json',
      '/.well-known/jwks.json',
      '/element.js',
      '/image_codes/0b7d-head/',
      '/v1/challenges',
    ])
      statuses.push((await api.app.inject({ method: 'HEAD', url })).statusCode)
    expect(statuses).toEqual([200, 200, 200, 200, 404, 404])
    expect(await api.redis.exists('img_0b7d-head')).toBe(0)
  })

  it('is counted by route and RETCODE', async () => {
    await api.app.inject({ url: '/sms_codes/13800138000/' })
    const text = await api.registry.metrics()
    expect(text).toContain('sms_http_answers_total{code="4003"} 1')
    expect(text).toContain('sms_http_request_duration_seconds_count{route="/sms_codes/:mobile"} 1')
  })
})
