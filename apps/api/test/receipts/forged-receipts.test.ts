import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createReceipts } from '../../src/receipts/receipts.ts'
import { createCraft } from '../craft-receipts.ts'
import { startApi, type Api } from '../api.ts'

const KEY = 'k'.repeat(32)

let api: Api
beforeAll(async () => {
  api = await startApi({ API_KEYS: `shop:${KEY}` })
})
afterAll(() => api.stop())

const redeem = (body: object) =>
  api.post('/v1/receipts/redeem', { scene: 'login', ...body }, { authorization: `Bearer ${KEY}` })

describe('a forged receipt', () => {
  const now = () => Math.floor(Date.now() / 1000)
  const good = () => ({
    iss: 'sms-codes',
    sub: api.keyring.pseudonym('13800138000'),
    scene: 'login',
    assurance: 'sms',
    rid: `${api.keyring.pseudonym('13800138000')}.${randomBytes(16).toString('base64url')}`,
    jti: randomBytes(16).toString('base64url'),
    iat: now(),
    exp: now() + 600,
  })
  const craft = createCraft(() => api, 'k1', good)

  it('without any of the faults below is accepted', async () => {
    expect(await redeem({ receipt: await craft() })).toMatchObject({ status: 200 })
  })

  it.each<[string, () => Promise<string> | string]>([
    ['unsigned', () => new UnsecuredJWT(good()).encode()],
    ['unsigned, with a signature of nothing', () => `${new UnsecuredJWT(good()).encode()}${'A'.repeat(86)}`],
    ['signed with another key', () => craft({ key: generateKeyPairSync('ed25519').privateKey })],
    [
      'signed with the public key as a secret',
      () =>
        craft({
          header: { alg: 'HS512' },
          key: Buffer.from(api.receiptKeys.jwks[0]?.x ?? '', 'base64url'),
        }),
    ],
    ['of an unknown key', () => craft({ header: { kid: 'k9' } })],
    ['with a header that must be understood', () => craft({ header: { crit: ['x'], x: 1 } })],
    ['expired', () => craft({ claims: { iat: now() - 601, exp: now() - 1 } })],
    ['without an end', () => craft({ claims: { exp: undefined } })],
    ['of another issuer', () => craft({ claims: { iss: 'other' } })],
    ['without an id', () => craft({ claims: { jti: undefined } })],
    ['of no phone', () => craft({ claims: { sub: undefined } })],
    ['of an unknown assurance', () => craft({ claims: { assurance: 'none' } })],
  ])('%s is refused', async (_what, make) => {
    expect(await redeem({ receipt: await make() })).toEqual({
      status: 400,
      body: { code: '5006', errmsg: '凭证无效' },
    })
  })

  it('that has expired by the clock of Redis is refused, whatever our clock shows', async () => {
    const receipts = createReceipts(api.redis, api.keyring, api.receiptKeys)
    const claims = { ...good(), iss: 'sms-codes' as const, assurance: 'sms' as const }
    expect(await receipts.redeem({ ...claims, exp: now() - 1 })).toBe('expired')
    expect(await receipts.redeem(claims)).toBe('redeemed')
    expect(await receipts.redeem(claims)).toBe('used')
  })
})
