import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLogger } from '@sms-codes/core/logger'
import { keys } from '@sms-codes/core/redis/keys'
import { createSiteverify, type SiteverifyOptions } from '../../src/captcha/siteverify.ts'
import { aMobile, anAddress, startApiWith, type Api } from '../api.ts'
import { proofOf } from '../proof.ts'

const SECRET = 'secret-of-the-service'
const PASS = { success: true, challenge_ts: '2026-11-28T12:00:00Z', hostname: 'www.example.com' }
const PROOF_GONE = { code: '4001', errmsg: '安全验证失效' }
const BUSY = { code: '5000', errmsg: '系统繁忙，请稍后再试', retry_after: 5 }
const OTHER_KIND = { code: '5006', errmsg: '此场景不支持该验证方式' }

/** What the captcha service answers, and the forms that it got. */
let behave: (response: ServerResponse, token: string) => void
let forms: Record<string, string>[] = []
const service = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
    forms.push({ ...form, path: request.url ?? '', type: request.headers['content-type'] ?? '' })
    behave(response, form['response'] ?? '')
  })
})
const json = (body: unknown) => (response: ServerResponse) => void response.end(JSON.stringify(body))

let api: Api
let url = ''
const lines: string[] = []
beforeAll(async () => {
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
  const address: AddressInfo | string | null = service.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/check`
  const settings = {
    captcha: {
      siteverify: {
        service: 'turnstile',
        url,
        hostnames: ['www.example.com', 'm.example.com'],
        check_action: true,
        // A busy test machine must not cause a time-out.
        deadline: '10s',
      },
    },
    scenes: {
      default: {},
      login: { captcha: ['picture', 'siteverify'] },
      pay: { captcha: ['siteverify'] },
    },
  }
  const log = createLogger('api', 'debug', { write: (line) => void lines.push(line) })
  api = await startApiWith(settings, { CAPTCHA_SECRET: SECRET }, log)
})
afterAll(async () => {
  await api.stop()
  service.closeAllConnections()
  service.close()
})
beforeEach(() => {
  forms = []
  behave = json({ ...PASS, action: 'login', score: 0.9 })
})
afterEach(() => {
  vi.useRealTimers()
})

let tokens = 0
/** A token with the characters of a real one. */
const aToken = () => `0.zJ_token-${++tokens}.AbC-${'x'.repeat(300)}`
const send = (answered: object, scene = 'login', address = anAddress()) =>
  api.post('/v1/sms_codes', { mobile: aMobile(), scene, ...answered }, { 'x-forwarded-for': address })
const attemptsOf = (address: string) =>
  api.redis.exists(keys.gate('attempts', api.keyring.pseudonym(address)))

describe('a token of a captcha service', () => {
  it('is judged by the service, which gets the secret and the token and no address of the user', async () => {
    const proof = aToken()
    expect(await send({ proof })).toMatchObject({ status: 202, body: { code: '0' } })
    const [{ idempotency_key, ...form } = {}] = forms
    const type = 'application/x-www-form-urlencoded'
    expect([form, forms.length]).toEqual([{ path: '/check', type, secret: SECRET, response: proof }, 1])
    expect(idempotency_key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
  })

  it('is accepted by the classic call', async () => {
    const classic = async () => {
      const query = { proof: aToken(), scene: 'login' }
      const headers = { 'x-forwarded-for': anAddress() }
      const response = await api.app.inject({ url: `/sms_codes/${aMobile()}/`, query, headers })
      return [response.statusCode, response.json<{ code: string }>().code]
    }
    expect(await classic()).toEqual([200, '0'])
    behave = json({ success: false })
    expect(await classic()).toEqual([200, '4001'])
    behave = (response) => response.writeHead(500).end()
    expect(await classic()).toEqual([503, '5000'])
  })

  it('of 5,000 characters is accepted', async () => {
    expect(await send({ proof: aToken().padEnd(5_000, 'y') })).toMatchObject({ status: 202 })
  })

  it.each<[string, object]>([
    ['unknown or expired', { success: false, 'error-codes': ['invalid-input-response'] }],
    ['used', { success: false, 'error-codes': ['timeout-or-duplicate'] }],
    ['used (hCaptcha)', { success: false, 'error-codes': ['invalid-or-already-seen-response'] }],
    ['of another site (hCaptcha)', { success: false, 'error-codes': ['sitekey-secret-mismatch'] }],
    ['refused without a reason', { success: false }],
    ['of a page on another host', { ...PASS, hostname: 'evil.example', action: 'login', score: 0.9 }],
    ['of an unknown page', { success: true, action: 'login', score: 0.9 }],
    ['for another action', { ...PASS, action: 'pay', score: 0.9 }],
    ['without an action', { ...PASS, score: 0.9 }],
  ])('that is %s is refused, and the attempt counts', async (_what, verdict) => {
    behave = json(verdict)
    const address = anAddress()
    expect(await send({ proof: aToken() }, 'login', address)).toEqual({ status: 400, body: PROOF_GONE })
    expect(await attemptsOf(address)).toBe(1)
  })

  it.each([
    ['info', 'timeout-or-duplicate'],
    ['warn', 'sitekey-secret-mismatch'],
  ])('that is refused leaves a line of the level %s with the documented code %s', async (level, code) => {
    lines.length = 0
    behave = json({ success: false, 'error-codes': ['unknown-code', code] })
    await send({ proof: aToken() })
    const line = lines.find((one) => one.includes('captcha token refused'))
    expect(JSON.parse(line ?? '{}')).toMatchObject({ level, fault: code, scene: 'login' })
    expect(line).not.toContain('unknown-code')
  })

  it('passes once, even if the service accepts it twice and 20 requests use it at the same time', async () => {
    const proof = aToken()
    const answers = await Promise.all(Array.from({ length: 20 }, () => send({ proof })))
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1)
    expect(answers.filter(({ body }) => body['errmsg'] === PROOF_GONE.errmsg)).toHaveLength(19)
    expect(await send({ proof })).toEqual({ status: 400, body: PROOF_GONE })
    const [mark = ''] = await api.redis.keys('sms:token:*')
    expect(mark).not.toContain(proof)
    const ttl = await api.redis.ttl(mark)
    expect([ttl > 500, ttl <= 600]).toEqual([true, true])
    // docs/abuse.md states the size.
    expect(await api.redis.memory('USAGE', mark)).toBeLessThanOrEqual(100)
  })

  it('has the same idempotency key for ten minutes at most, and no other token has it', async () => {
    behave = (response) => response.writeHead(500).end()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-28T12:00:00Z') })
    const proof = aToken()
    await send({ proof })
    vi.setSystemTime(Date.parse('2026-11-28T12:09:59Z'))
    await send({ proof })
    await send({ proof: aToken() })
    vi.setSystemTime(Date.parse('2026-11-28T12:10:00Z'))
    await send({ proof })
    const sent = forms.map(({ idempotency_key }) => idempotency_key)
    expect([sent[0] === sent[1], new Set(sent).size]).toEqual([true, 3])
  })

  it('counts as an image code, so one address cannot cause any number of calls of the service', async () => {
    behave = json({ success: false })
    const address = anAddress()
    for (let i = 0; i < 30; i++) await send({ proof: aToken() }, 'login', address)
    expect(forms).toHaveLength(30)
    const { status, body } = await send({ proof: aToken() }, 'login', address)
    expect([status, body['code'], typeof body['retry_after']]).toEqual([429, '4002', 'number'])
    expect(forms).toHaveLength(30)
  })

  it('counts as a proof for an address with many attempts', async () => {
    const address = anAddress()
    for (let i = 0; i < 20; i++) await send({ image_code: 'ZZZZ', uuid: 'not-issued' }, 'login', address)
    const picture = await api.captcha()
    expect((await send(picture, 'login', address)).body).toMatchObject({ challenge: 'proof' })
    expect(await send({ proof: aToken() }, 'login', address)).toMatchObject({ status: 202 })
  })

  it('and the secret appear in no log and no metric', async () => {
    const passed = aToken()
    await send({ proof: passed })
    behave = json({ success: false, 'error-codes': [SECRET] })
    await send({ proof: aToken() })
    behave = (response) => response.end(`${SECRET} ${passed}`)
    await send({ proof: aToken() })
    const metrics = await api.registry.metrics()
    for (const event of ['passed', 'failed', 'unavailable'])
      expect(metrics).toContain(`sms_captchas_total{kind="siteverify",event="${event}"}`)
    expect(lines.filter((line) => line.includes('captcha'))).not.toHaveLength(0)
    expect(`${lines.join()}${metrics}`).not.toMatch(/secret-of|zJ_token/)
  })
})

describe('a captcha service that does not judge', () => {
  it.each<[string, typeof behave]>([
    ['fails', (response) => response.writeHead(500).end('{"success":true}')],
    ['redirects', (response) => response.writeHead(302, { location: '/elsewhere' }).end()],
    ['is overloaded', (response) => response.writeHead(429).end('{"success":true}')],
    ['answers HTML', (response) => response.end('<html>success</html>')],
    ['answers nothing', (response) => response.end()],
    ['answers another type', json({ success: 'true' })],
    ['answers a list', json([{ success: true }])],
    ['answers null', json(null)],
    ['breaks off', (response) => response.writeHead(200, { 'content-length': 99 }).end('{"success":true}')],
    ['closes the connection', (response) => response.destroy()],
    ['answers 50 MB', (response) => response.end(JSON.stringify(PASS).padEnd(50_000_000))],
    ['knows another secret', json({ success: false, 'error-codes': ['invalid-input-secret'] })],
    ['has trouble', json({ success: false, 'error-codes': ['internal-error'] })],
  ])('because it %s leads to 503, and nothing is spent', async (_what, behaviour) => {
    const [proof, picture, address] = [aToken(), await api.captcha(), anAddress()]
    const asked = { ...picture, proof }
    const working = behave
    behave = behaviour
    expect(await send(asked, 'login', address)).toEqual({ status: 503, body: BUSY })
    expect(forms).toHaveLength(1)
    expect(await attemptsOf(address)).toBe(0)
    behave = working
    expect(await send(asked, 'login', address)).toMatchObject({ status: 202 })
  })

  it.each<[string, typeof behave]>([
    ['hangs', () => {}],
    ['drips its answer', (response) => response.write('{"success"')],
  ])('because it %s beyond the deadline leads to no verdict', async (_what, behaviour) => {
    behave = behaviour
    const told: string[] = []
    const log = createLogger('api', 'info', { write: (line) => void told.push(line) })
    // On a busy machine the deadline may end before the request reaches the service.
    const asked = siteverify({ service: 'turnstile', url, deadline: 1.5 }, log)
    expect(await asked.consume(aToken(), 'login')).toBe('unavailable')
    expect(told.join()).toContain('"why":"TOTAL_DEADLINE"')
  })

  it('because nothing listens leads to no verdict', async () => {
    const dead = createServer().listen(0, '127.0.0.1')
    await once(dead, 'listening')
    const address: AddressInfo | string | null = dead.address()
    await new Promise((resolve) => dead.close(resolve))
    const port = typeof address === 'object' ? address?.port : ''
    const asked = siteverify({ service: 'hcaptcha', url: `http://127.0.0.1:${port}/` })
    expect(await asked.consume(aToken(), 'login')).toBe('unavailable')
  })
})

it('the call goes through the proxy, and the log names the proxy and no login', async () => {
  const proxy = createServer().on('connect', (request: IncomingMessage, socket: Duplex) => {
    connects.push(request.url ?? '')
    socket.end('HTTP/1.1 407 X\r\n\r\n')
  })
  const connects: string[] = []
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  const address: AddressInfo | string | null = proxy.address()
  const at = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const told: string[] = []
  const log = createLogger('api', 'info', { write: (line) => void told.push(line) })
  const through = { url: new URL(`http://user:canary@${at}`), isDirect: () => false }
  const asked = createSiteverify(
    { redis: api.redis, keyring: api.keyring, log },
    { service: 'turnstile', secret: SECRET, proxy: through },
  )
  expect(await asked.consume(aToken(), 'login')).toBe('unavailable')
  expect(connects).toEqual(['challenges.cloudflare.com:443'])
  expect(told.join()).toContain('"why":"PROXY_407"')
  expect(told.join()).not.toContain('canary')
  proxy.close()
})

const siteverify = (options: Omit<SiteverifyOptions, 'secret'>, log = createLogger('api', 'silent')) =>
  createSiteverify({ redis: api.redis, keyring: api.keyring, log }, { secret: SECRET, ...options })

describe('the call of each service', () => {
  it('contains the site key of hCaptcha, and an idempotency key for Turnstile only', async () => {
    behave = json(PASS)
    for (const name of ['turnstile', 'hcaptcha', 'recaptcha'] as const) {
      const asked = siteverify({ service: name, url, site_key: '10000000-ffff-ffff' })
      expect(await asked.consume(aToken(), 'login')).toBe('passed')
    }
    expect(forms.map(({ sitekey }) => sitekey)).toEqual(Array(3).fill('10000000-ffff-ffff'))
    expect(forms.map((form) => 'idempotency_key' in form)).toEqual([true, false, false])
  })

  it('refuses a token with a low score or without one', async () => {
    const asked = siteverify({ service: 'recaptcha', url, min_score: 0.5 })
    const consume = async (score: unknown) => {
      behave = json({ ...PASS, score })
      return asked.consume(aToken(), 'login')
    }
    expect([await consume(0.4), await consume(null)]).toEqual(['proofGone', 'proofGone'])
    expect(await consume(0.5)).toBe('passed')
  })

  it('accepts every host, action and score if the policy names none', async () => {
    behave = json({ success: true, hostname: 'other.example', action: 'pay', score: 0 })
    expect(await siteverify({ service: 'recaptcha', url }).consume(aToken(), 'login')).toBe('passed')
  })
})

describe('a scene', () => {
  it('refuses each kind of captcha that it does not accept, and nothing is consumed', async () => {
    const picture = await api.captcha()
    const work = await proofOf(api)
    const address = anAddress()
    for (const [answered, scene] of [
      [picture, 'pay'],
      [{ proof: work }, 'pay'],
      [{ proof: work }, 'login'],
      [{ ...picture, proof: work }, 'login'],
      [{ proof: aToken() }, 'default'],
      [{ ...picture, proof: aToken() }, 'default'],
    ] as const)
      expect(await send(answered, scene, address)).toEqual({ status: 400, body: OTHER_KIND })
    expect([forms.length, await attemptsOf(address)]).toEqual([0, 0])
    expect(await send(picture, 'login')).toMatchObject({ status: 202 })
    expect(await send({ proof: work }, 'default')).toMatchObject({ status: 202 })
  })

  it('accepts a picture and a token together, and both must be right', async () => {
    const both = async (text: string) =>
      (await send({ ...(await api.captcha()), image_code: text, proof: aToken() })).status
    expect([await both('AB3D'), await both('ZZZZ')]).toEqual([202, 400])
  })
})
