// Runs the examples for back ends in other languages against the API: `npm run check:languages`.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeJwt, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keys } from '@sms-codes/core/redis/keys'
import { aMobile, startApiWith } from '../../../../apps/api/test/api.ts'
import { createCraft } from '../../../../apps/api/test/craft-receipts.ts'
import { installed, LANGUAGES, startBackEnd } from './languages.ts'
import { startProxy, type Mode } from './proxy.ts'

const secret = () => randomBytes(32).toString('base64')
const OLD = `old:${secret()}`
const scopes = ['redeem']
const POLICY = {
  api_keys: {
    shop: { scopes, scenes: ['register'] },
    crm: { scopes, scenes: ['register', 'login'] },
  },
}
const KEY = 's'.repeat(32)
const env = { API_KEYS: `shop:${KEY},crm:${'c'.repeat(32)}`, PHONE_KEY: secret() }

async function startListening(CODE_KEYS: string) {
  const api = await startApiWith(POLICY, { ...env, CODE_KEYS })
  return { ...api, url: await api.app.listen({ host: '127.0.0.1', port: 0 }) }
}
const api = await startListening(OLD)
afterAll(() => api.stop())

const present: string[] = []
for (const [name, language] of Object.entries(LANGUAGES)) {
  const versions = await installed(language)
  if (versions !== null) present.push(name)
  else if (process.env['CI'] === undefined)
    console.log(`${name} is not checked: ${language.packages.join(', ')} are needed`)
  else throw new Error(`${name} cannot be checked: ${language.packages.join(', ')} are needed`)
  console.log(`${name}: ${versions ?? 'missing'}`)
}

type BackEnd = Awaited<ReturnType<typeof startBackEnd>> & { proxy: Awaited<ReturnType<typeof startProxy>> }
const backEnds = new Map<string, BackEnd>()
beforeAll(async () => {
  for (const name of present) {
    const language = LANGUAGES[name]
    if (language === undefined) continue
    const proxy = await startProxy(api.url)
    const started = await startBackEnd(name, language, { SMS_CODES_URL: proxy.url, SMS_CODES_API_KEY: KEY })
    backEnds.set(name, { ...started, proxy })
  }
})
afterAll(async () => {
  for (const started of backEnds.values()) {
    await started.stop()
    await started.proxy.stop()
  }
})

function backEnd(name: string): BackEnd {
  const found = backEnds.get(name)
  if (found === undefined) throw new Error(`${name} did not start`)
  return found
}

const now = () => Math.floor(Date.now() / 1000)
const good = () => ({
  iss: 'sms-codes',
  sub: 'phone',
  scene: 'default',
  assurance: 'sms',
  rid: 'request',
  jti: 'receipt',
  iat: now(),
  exp: now() + 600,
})
const craft = createCraft(() => api, 'old', good)

/** A back end does not ask for keys again until this time has passed since a failure. */
const FAULT_PAUSE_MS = 1_100

describe.each(present)('the example for %s', (name) => {
  const check = (receipt: string, scene = 'default', as?: string) =>
    backEnd(name).post('/check', { receipt, scene, ...(as !== undefined && { name: as }) })
  const signUp = async (receipt: string, mobile: string) =>
    (await backEnd(name).post('/sign-up', { receipt, mobile })).status

  // This test comes first, because the back end has no public keys yet.
  it('answers 503 while sms-codes fails, and accepts the same receipts afterwards', async () => {
    const { state } = backEnd(name).proxy
    const [mobile, receipt] = [aMobile(), await craft()]
    const registered = await api.receipt(mobile, 'register')
    const statuses = async (mode: Mode) => {
      await sleep(FAULT_PAUSE_MS)
      state.mode = mode
      return Promise.all([check(receipt).then(({ status }) => status), signUp(registered, mobile)])
    }
    expect(await statuses('silent')).toEqual([503, 503])
    expect(await statuses('closed')).toEqual([503, 503])
    expect(await statuses('broken')).toEqual([503, 503])
    expect(await statuses('no JSON')).toEqual([503, 503])
    expect(await statuses('cut')).toEqual([503, 503])
    await sleep(FAULT_PAUSE_MS)
    state.mode = 'no object'
    expect((await check(receipt)).status).toBe(503)
    expect(await statuses('without API key')).toEqual([200, 503])
    expect(await statuses('pass')).toEqual([200, 201])
  })

  it.each([
    ['register', 'shop', true],
    ['register', 'crm', true],
    ['register', 'other', false],
    ['register', undefined, false],
    ['login', 'crm', true],
    ['login', 'shop', false],
    ['default', undefined, true],
    ['default', 'shop', false],
  ])('accepts a receipt for the scene %s as the back end %s: %s', async (scene, as, isAccepted) => {
    const receipt = await api.receipt(aMobile(), scene)
    const { status, text } = await check(receipt, scene, as)
    const claims: unknown = status === 200 ? JSON.parse(text) : {}
    expect([status, claims]).toMatchObject(isAccepted ? [200, decodeJwt(receipt)] : [400, {}])
  })

  it.each<[string, () => Promise<string> | string]>([
    ['for another scene', () => api.receipt(aMobile(), 'reset_password')],
    ['that is empty', () => ''],
    ['that is no JWS', () => 'a.b'],
    ['that is no JSON', () => 'ab.cd.ef'],
    ['of four parts', async () => `${await craft()}.x`],
    ['that is unsigned', () => new UnsecuredJWT(good()).encode()],
    ['with a short signature', async () => (await craft()).slice(0, -40)],
    [
      'with the claims of another',
      async () => {
        const [header, , signature] = (await craft()).split('.')
        return [header, (await craft({ claims: { rid: 'other' } })).split('.')[1], signature].join('.')
      },
    ],
    ['signed with another key', () => craft({ key: generateKeyPairSync('ed25519').privateKey })],
    [
      'signed with the public key as a secret',
      () =>
        craft({ header: { alg: 'HS256' }, key: Buffer.from(api.receiptKeys.jwks[0]?.x ?? '', 'base64url') }),
    ],
    ['of another issuer', () => craft({ claims: { iss: 'other' } })],
    ...['sub', 'rid', 'jti', 'exp', 'scene'].map((claim): [string, () => Promise<string>] => [
      `without ${claim}`,
      () => craft({ claims: { [claim]: undefined } }),
    ]),
    ['that has expired', () => craft({ claims: { exp: now() - 1 } })],
  ])('refuses a receipt %s', async (_what, make) => {
    expect(await check(await make())).toMatchObject({ status: 400 })
  })

  it('asks at most once in 30 seconds for unknown keys', async () => {
    const { state } = backEnd(name).proxy
    const checkUnknown = async (kid: string) => (await check(await craft({ header: { kid } }))).status
    expect(await checkUnknown('k6')).toBe(400)
    const before = state.keyRequests
    expect([await checkUnknown('k7'), await checkUnknown('k8'), await checkUnknown('k9')]).toEqual([
      400, 400, 400,
    ])
    expect(state.keyRequests).toBe(before)
  })

  it('creates one account for a receipt and its number', async () => {
    const [mobile, stranger] = [aMobile(), aMobile()]
    const receipt = await api.receipt(mobile, 'register')
    expect(await signUp(receipt, stranger)).toBe(400)
    expect(await signUp(receipt, mobile)).toBe(201)
    expect(await signUp(receipt, mobile)).toBe(409)
    // The database refuses the replay even if Redis has lost its newest writes.
    await api.redis.del(keys.redeemed(String(decodeJwt(receipt)['jti'])))
    expect(await signUp(receipt, mobile)).toBe(409)
  })

  it('creates no account without a receipt, or with a receipt for another scene or back end', async () => {
    const mobile = aMobile()
    expect(await signUp('', mobile)).toBe(400)
    expect(await signUp(await api.receipt(mobile, 'login'), mobile)).toBe(400)
    expect(await signUp(await api.receipt(aMobile(), 'register'), '')).toBe(400)
  })
})

describe('after 30 seconds', () => {
  it.each(present)('the example for %s asks once for keys, and accepts those in front', async (name) => {
    const started = backEnd(name)
    const { state } = started.proxy
    const check = async (receipt: string) =>
      (await started.post('/check', { receipt, scene: 'default' })).status
    /** Posts forged receipts, and returns the statuses and the number of requests for keys. */
    const checkMany = async (mode: Mode) => {
      const forged = await craft({ header: { kid: 'k5' } })
      Object.assign(state, { mode, keyRequests: 0 })
      const statuses = await Promise.all(Array.from({ length: 12 }, () => check(forged)))
      return { statuses: [...new Set(statuses)], keyRequests: state.keyRequests }
    }
    expect(await check(await craft())).toBe(200)
    const fresh = await startListening(`new:${secret()},${OLD}`)
    await sleep(Math.max(0, state.keysAt + 31_000 - Date.now()))
    const start = Date.now()
    const failed = await checkMany('broken')
    expect(failed.statuses).toEqual([503])
    // One request, and another one for each second that the answers took.
    expect(failed.keyRequests).toBeLessThanOrEqual(1 + Math.floor((Date.now() - start) / 1000))
    expect(await check(await craft())).toBe(200)
    await sleep(FAULT_PAUSE_MS)
    state.target = fresh.url
    expect(await checkMany('pass')).toEqual({ statuses: [400], keyRequests: 1 })
    expect(await check(await fresh.receipt(aMobile(), 'default'))).toBe(200)
    expect(await check(await craft())).toBe(200)
    await fresh.stop()
  })
})
