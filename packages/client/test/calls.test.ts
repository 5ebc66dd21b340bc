import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toRecord } from '../../e2e/test/json.ts'
import { startOnApi, type OnApi } from './on-api.ts'

const SITE_KEY = '1x00000000000000000000AA'

let api: OnApi
beforeAll(async () => {
  api = await startOnApi()
})
afterAll(() => api.stop())

describe('the facts of a scene', () => {
  it('are what the page must know, with a widget if the policy has one', async () => {
    const siteverify = { service: 'turnstile', site_key: SITE_KEY, hostnames: ['shop.example'] }
    const settings = {
      codes: { length: 4, captcha: ['picture', 'siteverify'] },
      captcha: { siteverify },
      scenes: { default: {}, sign_in: { captcha: ['proof'] } },
    }
    const other = await startOnApi(settings, { CAPTCHA_SECRET: 'secret-of-the-service' })
    const facts = { ok: true, codeLength: 4, expiresIn: 300, countries: ['CN'], emailFallback: false }
    const script = 'https://challenges.cloudflare.com/turnstile/v0/api.js'
    expect(await other.client().scene()).toEqual({
      ...facts,
      captcha: ['picture', 'siteverify'],
      siteverify: { service: 'turnstile', siteKey: SITE_KEY, script },
    })
    expect(await other.client({ scene: 'sign_in' }).scene()).toEqual({ ...facts, captcha: ['proof'] })
    await other.stop()
  })

  it('are missing for an unknown scene, and so is the status before a send', async () => {
    const expected = { ok: false, reason: 'invalid', code: '5006', status: 404 }
    expect(await api.client({ scene: 'login?' }).scene()).toMatchObject(expected)
    expect(await api.client().status()).toMatchObject(expected)
  })
})

it('a refusal is in the language of the page at the time of the call', async () => {
  let language: 'zh' | 'en' = 'zh'
  const one = api.client({ language: () => language })
  const attempt = async () => one.send({ mobile: '1', imageCode: 'AB3D' })
  expect(await attempt()).toMatchObject({ message: '手机号错误' })
  language = 'en'
  expect(await attempt()).toMatchObject({ message: 'Not a mobile number' })
})

it('a message is in the locale of the page at the time of the send', async () => {
  const locales: unknown[] = []
  const record: typeof fetch = async (url, init) => {
    locales.push(toRecord(await new Request(url, init).json())['locale'])
    return Response.json({ request_id: 'r', resend_after: 60, expires_in: 300 })
  }
  let locale: string | undefined
  const one = api.client({ fetch: record, locale: () => locale })
  const send = async (from = one) => from.send({ mobile: '13800138000', imageCode: 'AB3D' })
  await send()
  locale = 'en'
  await send()
  await send(api.client({ fetch: record, locale: 'zh-HK' }))
  expect(locales).toEqual([undefined, 'en', 'zh-HK'])
})

it('a base URL can have a path and slashes at its end', async () => {
  const proxy = createServer((incoming, outgoing) => {
    const { method, headers } = incoming
    const path = incoming.url?.replace('/codes/', '/')
    const onward = request(`${api.baseUrl}${path}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(onward)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const address = proxy.address()
  const port = typeof address === 'object' ? address?.port : 0
  const one = api.client({ baseUrl: `http://127.0.0.1:${port}/codes//` })
  expect(one.imageUrl()).toMatch(`http://127.0.0.1:${port}/codes/image_codes/`)
  expect(await api.send(one)).toMatchObject({ ok: true })
  proxy.close()
  await once(proxy, 'close')
})
