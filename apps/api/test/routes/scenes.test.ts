import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApiWith, type Api } from '../api.ts'

const SITE_KEY = '1x00000000000000000000AA'
const settings = (siteverify: object) => ({
  countries: { CN: { locale: 'zh-CN' }, HK: { locale: 'en' } },
  email: { from: 'codes@example.com' },
  captcha: { siteverify: { service: 'turnstile', ...siteverify } },
  scenes: {
    default: {},
    login: { captcha: ['siteverify', 'picture', 'proof'], fallback: true },
    pay: { length: 8, life: '90s', send_within: '30s', captcha: ['proof'] },
  },
})
const start = (siteverify: object) => startApiWith(settings(siteverify), { CAPTCHA_SECRET: 'secret' })

let api: Api
beforeAll(async () => {
  api = await start({ site_key: SITE_KEY })
})
afterAll(() => api.stop())

const get = (scene: string, headers: Record<string, string> = {}) =>
  api.app.inject({ url: `/v1/scenes/${scene}`, headers })

describe('GET /v1/scenes/:scene', () => {
  it('answers what a page must know about a scene', async () => {
    const answer = await get('pay')
    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'public, max-age=60'])
    expect(answer.json()).toEqual({
      code: '0',
      errmsg: '成功',
      scene: 'pay',
      code_length: 8,
      expires_in: 90,
      captcha: ['proof'],
      countries: ['CN', 'HK'],
      email_fallback: false,
    })
  })

  it('answers the widget only for a scene that accepts its tokens, with the captchas in the order of the policy', async () => {
    const script = 'https://challenges.cloudflare.com/turnstile/v0/api.js'
    expect((await get('login')).json()).toMatchObject({
      captcha: ['siteverify', 'picture', 'proof'],
      siteverify: { service: 'turnstile', site_key: SITE_KEY, script },
      email_fallback: true,
    })
    const { captcha, siteverify } = (await get('default')).json<Record<string, unknown>>()
    expect([captcha, siteverify]).toEqual([['picture', 'proof'], undefined])
  })

  it.each([
    ['without a site key, no widget', {}, undefined],
    [
      'the script of the policy',
      { service: 'recaptcha', site_key: SITE_KEY, script: 'https://www.recaptcha.net/recaptcha/api.js' },
      {
        service: 'recaptcha',
        site_key: SITE_KEY,
        script: 'https://www.recaptcha.net/recaptcha/api.js',
      },
    ],
  ])('answers %s', async (_what, siteverify, widget) => {
    const other = await start(siteverify)
    const answer = await other.app.inject({ url: '/v1/scenes/login' })
    expect(answer.json<Record<string, unknown>>()['siteverify']).toEqual(widget)
    await other.stop()
  })

  it('answers an unknown scene with 404, which no cache keeps', async () => {
    for (const scene of ['nothing', 'constructor', '%E7%99%BB%E5%BD%95']) {
      const answer = await get(scene)
      expect([answer.statusCode, answer.headers['cache-control']]).toEqual([404, 'no-store'])
      expect(answer.json()).toEqual({ code: '5006', errmsg: '参数错误' })
    }
  })

  it('lets a cache keep the answers to each origin and language apart', async () => {
    const [page, script] = await Promise.all([
      get('login', { origin: 'https://shop.example', 'accept-language': 'en' }),
      get('login', { origin: 'https://other.example' }),
    ])
    expect([page.headers['access-control-allow-origin'], page.json<{ errmsg: string }>().errmsg]).toEqual([
      'https://shop.example',
      'OK',
    ])
    expect(script.headers['access-control-allow-origin']).toBeUndefined()
    expect(script.headers['vary']).toBe('Origin, accept-language')
  })

  it('needs no Redis and has no limit', async () => {
    const other = await start({ site_key: SITE_KEY })
    await other.server.stop()
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => other.app.inject({ url: '/v1/scenes/login' })),
    )
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]))
    await other.stop()
  })
})
