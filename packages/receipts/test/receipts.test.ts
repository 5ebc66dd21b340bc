import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { decodeJwt, UnsecuredJWT } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { aMobile, startApiWith, type Api } from '../../../apps/api/test/api.ts'
import { createCraft } from '../../../apps/api/test/craft-receipts.ts'
import { createReceiptCheck, ReceiptError } from '../src/receipts.ts'
import { startHttp, startProxy } from './http.ts'

const secret = () => randomBytes(32).toString('base64')
const KEY = `k1:${secret()}`
const scopes = ['redeem']
const POLICY = {
  api_keys: { shop: { scopes, scenes: ['login'] }, crm: { scopes, scenes: ['login', 'register'] } },
}
const env = { API_KEYS: `shop:${'s'.repeat(32)},crm:${'c'.repeat(32)}`, PHONE_KEY: secret() }

/** Starts the API on a port, with these code keys. */
async function listen(CODE_KEYS: string, port = 0) {
  const api = await startApiWith(POLICY, { ...env, CODE_KEYS })
  return { api, url: await api.app.listen({ host: '127.0.0.1', port }) }
}

let api: Api
let baseUrl: string
beforeAll(async () => {
  const started = await listen(KEY)
  api = started.api
  baseUrl = started.url
})
afterAll(() => api.stop())
afterEach(() => {
  vi.useRealTimers()
})

const outcome = (checked: Promise<{ rid: string }>) =>
  checked.then(
    ({ rid }) => rid,
    (err: unknown) => (err instanceof ReceiptError ? err.reason : err),
  )
const rid = (receipt: string) => decodeJwt(receipt)['rid']

describe('the check', () => {
  it('returns the claims of a receipt for its scene', async () => {
    const receipt = await api.receipt(aMobile(), 'default')
    const check = createReceiptCheck({ baseUrl, scene: 'default' })
    expect(await check(receipt)).toEqual(decodeJwt(receipt))
  })

  it('refuses a receipt for another scene', async () => {
    const check = createReceiptCheck({ baseUrl, scene: 'reset_password' })
    expect(await outcome(check(await api.receipt(aMobile(), 'default')))).toBe('other_scene')
  })

  it.each([
    ['login', 'shop', true],
    ['login', 'crm', true],
    ['login', 'other', false],
    ['login', undefined, false],
    ['register', 'crm', true],
    ['register', 'shop', false],
    ['default', undefined, true],
    ['default', 'shop', false],
  ])('of a receipt for the scene %s, by the back end %s: %s', async (scene, name, isAccepted) => {
    const receipt = await api.receipt(aMobile(), scene)
    const check = createReceiptCheck({ baseUrl, scene, ...(name !== undefined && { name }) })
    expect(await outcome(check(receipt))).toBe(isAccepted ? rid(receipt) : 'other_back_end')
  })

  it.each([undefined, null, 7, '', 'a.b.c', ['x'], { receipt: 'x' }])(
    'refuses %j, which is no receipt',
    async (value) => {
      expect(await outcome(createReceiptCheck({ baseUrl, scene: 'default' })(value))).toBe('invalid')
    },
  )
})

describe('a forged receipt', () => {
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
  const craft = createCraft(() => api, 'k1', good)
  const publicKey = () => Buffer.from(api.receiptKeys.jwks[0]?.x ?? '', 'base64url')
  const spliced = async () => {
    const [header, , signature] = (await api.receipt(aMobile(), 'default')).split('.')
    return [header, (await api.receipt(aMobile(), 'default')).split('.')[1], signature].join('.')
  }

  it('without any of the faults below is accepted', async () => {
    expect(await outcome(createReceiptCheck({ baseUrl, scene: 'default' })(await craft()))).toBe('request')
  })

  it.each<[string, string, () => Promise<string> | string]>([
    ['unsigned', 'invalid', () => new UnsecuredJWT(good()).encode()],
    ['with the claims of another', 'invalid', spliced],
    ['signed with another key', 'invalid', () => craft({ key: generateKeyPairSync('ed25519').privateKey })],
    [
      'signed with the public key as a secret',
      'invalid',
      () => craft({ header: { alg: 'HS256' }, key: publicKey() }),
    ],
    ['of an unknown key', 'invalid', () => craft({ header: { kid: 'k9' } })],
    ['with a header that must be understood', 'invalid', () => craft({ header: { crit: ['x'], x: 1 } })],
    ['of another issuer', 'invalid', () => craft({ claims: { iss: 'other' } })],
    ...['sub', 'scene', 'assurance', 'rid', 'jti', 'iat', 'exp'].map(
      (claim): [string, string, () => Promise<string>] => [
        `without ${claim}`,
        'invalid',
        () => craft({ claims: { [claim]: undefined } }),
      ],
    ),
    ['that has expired', 'expired', () => craft({ claims: { exp: now() - 1 } })],
  ])('%s is refused as %s', async (_what, reason, make) => {
    expect(await outcome(createReceiptCheck({ baseUrl, scene: 'default' })(await make()))).toBe(reason)
  })

  it('of an unknown key causes no request within 30 seconds after the keys were fetched', async () => {
    const proxy = await startProxy(() => baseUrl)
    const check = createReceiptCheck({ baseUrl: proxy.url, scene: 'default' })
    expect(await outcome(check(await craft()))).toBe('request')
    for (const kid of ['k7', 'k8', 'k9'])
      expect(await outcome(check(await craft({ header: { kid } })))).toBe('invalid')
    expect(proxy.count()).toBe(1)
    await proxy.stop()
  })
})

describe('the public keys', () => {
  const CHECK = { scene: 'default' }

  it('are requested once for many receipts at once, also while requests fail', async () => {
    let count = 0
    const server = await startHttp((_request, response) => {
      count += 1
      response.writeHead(500).end()
    })
    const check = createReceiptCheck({ ...CHECK, baseUrl: server.url })
    const receipt = await api.receipt(aMobile(), 'default')
    const outcomes = await Promise.all(Array.from({ length: 9 }, () => outcome(check(receipt))))
    expect([outcomes, count]).toEqual([outcomes.map(() => 'keys_unreachable'), 1])
    await server.stop()
  })

  it('are fetched below the path of the service, and again after 300 seconds', async () => {
    const proxy = await startProxy(() => baseUrl)
    const check = createReceiptCheck({ ...CHECK, baseUrl: proxy.url })
    const receipt = await api.receipt(aMobile(), 'default')
    const fetched = async (seconds: number) => {
      vi.setSystemTime(Date.now() + seconds * 1000)
      return [await outcome(check(receipt)), proxy.count()]
    }
    expect(await fetched(0)).toEqual([rid(receipt), 1])
    expect(await fetched(290)).toEqual([rid(receipt), 1])
    expect(await fetched(11)).toEqual([rid(receipt), 2])
    await proxy.stop()
  })

  it('are fetched again for a key that was put in front of the others', async () => {
    let url = baseUrl
    const proxy = await startProxy(() => url)
    const check = createReceiptCheck({ ...CHECK, baseUrl: proxy.url })
    const old = await api.receipt(aMobile(), 'default')
    expect(await outcome(check(old))).toBe(rid(old))

    const both = await listen(`k2:${secret()},${KEY}`)
    url = both.url
    const fresh = await both.api.receipt(aMobile(), 'default')
    vi.setSystemTime(Date.now() + 31_000)
    expect(await outcome(check(fresh))).toBe(rid(fresh))
    expect(await outcome(check(old))).toBe(rid(old))
    await both.api.stop()
    await proxy.stop()
  })

  it('no longer include a removed key, so its receipts are refused', async () => {
    const after = await listen(`k2:${secret()}`)
    const check = createReceiptCheck({ ...CHECK, baseUrl: after.url })
    expect(await outcome(check(await api.receipt(aMobile(), 'default')))).toBe('invalid')
    await after.api.stop()
  })

  it.each([
    ['closes the connection', null],
    ['has a fault', { status: 503, body: '{"keys":[]}' }],
    ['is no key set', { status: 200, body: '<html>' }],
  ])('are unreachable while the address %s, and the same check then accepts', async (_what, fault) => {
    let isBroken = true
    const receipt = await api.receipt(aMobile(), 'default')
    const server = await startHttp((request, response) => {
      if (!isBroken) response.end(JSON.stringify({ keys: api.receiptKeys.jwks }))
      else if (fault === null) request.socket.destroy()
      else response.writeHead(fault.status).end(fault.body)
    })
    const check = createReceiptCheck({ ...CHECK, baseUrl: server.url })
    expect(await outcome(check(receipt))).toBe('keys_unreachable')
    isBroken = false
    expect(await outcome(check(receipt))).toBe(rid(receipt))
    await server.stop()
  })
})
