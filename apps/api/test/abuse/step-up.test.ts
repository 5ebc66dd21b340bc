import { randomBytes } from 'node:crypto'
import { Value } from '@sinclair/typebox/value'
import { createChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring } from '@sms-codes/core/keyring'
import { keys } from '@sms-codes/core/redis/keys'
import { ageCounter } from '@sms-codes/core/test/age'
import { Challenge } from '../../src/captcha/proofs.ts'
import { aMobile, anAddress, startApi, type Api } from '../api.ts'
import { challengeOf, proofOf, solve } from '../proof.ts'

const secret = () => randomBytes(32)
const [newer, older, phoneKey] = [secret(), secret(), secret()]
const env = {
  PHONE_KEY: phoneKey.toString('base64'),
  CODE_KEYS: `k2:${newer.toString('base64')},k1:${older.toString('base64')}`,
}

let api: Api
beforeAll(async () => {
  api = await startApi(env)
})
afterAll(() => api.stop())

async function send(answered: object, address = anAddress(), on = api, mobile = aMobile()) {
  const response = await on.app.inject({
    method: 'POST',
    url: '/v1/sms_codes',
    headers: { 'x-forwarded-for': address },
    payload: { mobile, ...answered },
  })
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
}

/** Returns an address that has answered this number of pictures wrong. */
async function anAddressWith(answers: number, on = api): Promise<string> {
  const address = anAddress()
  for (let i = 0; i < answers; i++) await send({ image_code: 'ZZZZ', uuid: 'not-issued' }, address, on)
  return address
}

let pictures = 0
/** The width and the number of characters of the picture that this address gets. */
async function pictureFor(address: string, on = api) {
  const uuid = `picture-${++pictures}`
  const headers = { 'x-forwarded-for': address }
  const { rawPayload } = await on.app.inject({ url: `/image_codes/${uuid}/`, headers })
  return [rawPayload.readUInt32BE(16), (await on.redis.get(`img_${uuid}`))?.length]
}

const PROOF_NEEDED = { code: '4001', errmsg: '请完成安全验证', challenge: 'proof' }
const PROOF_GONE = { code: '4001', errmsg: '安全验证失效' }

describe('a picture', () => {
  it('has four characters at first, and five after ten answers of the address', async () => {
    expect(await pictureFor(await anAddressWith(9))).toEqual([160, 4])
    expect(await pictureFor(await anAddressWith(10))).toEqual([190, 5])
  })

  it('of five characters can be answered', async () => {
    const address = await anAddressWith(10)
    const uuid = 'five-characters'
    await api.app.inject({ url: `/image_codes/${uuid}/`, headers: { 'x-forwarded-for': address } })
    const text = (await api.redis.get(`img_${uuid}`)) ?? ''
    expect(await send({ image_code: text.toLowerCase(), uuid }, address)).toMatchObject({ status: 202 })
  })
})

describe('a proof', () => {
  it('replaces the picture for every caller', async () => {
    expect(await send({ proof: await proofOf(api) })).toMatchObject({ status: 202, body: { code: '0' } })
    const response = await api.app.inject({
      url: `/sms_codes/${aMobile()}/`,
      query: { proof: await proofOf(api) },
      headers: { 'x-forwarded-for': anAddress() },
    })
    expect(response.json()).toMatchObject({ code: '0', errmsg: '发送短信成功' })
  })

  it('does not make up for a wrong answer to a picture', async () => {
    const { uuid } = await api.captcha()
    expect(await send({ image_code: 'ZZZZ', uuid, proof: await proofOf(api) })).toMatchObject({
      status: 400,
      body: { code: '4001', errmsg: '输入图形验证码有误' },
    })
  })

  it('is valid for one of 200 concurrent requests', async () => {
    const proof = await proofOf(api)
    const answers = await Promise.all(Array.from({ length: 200 }, () => send({ proof })))
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1)
    for (const { body } of answers.filter(({ status }) => status !== 202)) expect(body).toEqual(PROOF_GONE)
    expect(await send({ proof })).toEqual({ status: 400, body: PROOF_GONE })
    const marks = await api.redis.keys('sms:proof:*')
    const lives = await Promise.all(marks.map((mark) => api.redis.ttl(mark)))
    // The marks last longer than a proof is valid, and they do expire.
    expect(lives.filter((seconds) => seconds <= 300 || seconds > 600)).toEqual([])
  })

  it('is consumed although its request is refused', async () => {
    const [mobile, proof] = [aMobile(), await proofOf(api)]
    await send({ proof: await proofOf(api) }, anAddress(), api, mobile)
    expect((await send({ proof }, anAddress(), api, mobile)).status).toBe(429)
    expect((await send({ proof })).body).toEqual(PROOF_GONE)
  })

  it('of a challenge from before a rotation of the keys is valid', async () => {
    const challenge = await made(older, 60)
    expect(await send({ proof: await solve(challenge) })).toMatchObject({ status: 202 })
  })

  it('of an expired challenge is refused', async () => {
    expect((await send({ proof: await solve(await made(newer, -1)) })).body).toEqual(PROOF_GONE)
  })

  it('of a challenge that was signed with a foreign key is refused', async () => {
    expect((await send({ proof: await solve(await made(secret(), 60)) })).body).toEqual(PROOF_GONE)
  })

  it.each<[string, (challenge: Challenge) => Challenge]>([
    ['less work', (c) => ({ ...c, parameters: { ...c.parameters, keyPrefix: '0', cost: 1 } })],
    ['a longer life', (c) => ({ ...c, parameters: { ...c.parameters, expiresAt: 4_000_000_000 } })],
    [
      'another nonce',
      (c) => ({ ...c, parameters: { ...c.parameters, nonce: '00'.repeat(16), keyPrefix: '0' } }),
    ],
    ['no signature', (c) => ({ ...c, signature: '' })],
  ])('of a challenge changed to %s is refused', async (_what, change) => {
    const proof = await solve(change(await challengeOf(api)))
    expect(await send({ proof })).toEqual({ status: 400, body: PROOF_GONE })
  })

  it('without the work is refused, and its challenge can still be solved', async () => {
    const challenge = await challengeOf(api)
    const guess = { counter: 1, derivedKey: challenge.parameters.keyPrefix.padEnd(64, '0') }
    expect((await send({ proof: packed({ challenge, solution: guess }) })).body).toEqual(PROOF_GONE)
    expect((await send({ proof: await solve(challenge) })).status).toBe(202)
  })

  it.each([
    ['not base64', '四'],
    ['not JSON', packed('x').slice(3)],
    ['an empty object', packed({})],
    ['null', packed(null)],
    ['a signature that is a list', packed({ challenge: { parameters: {}, signature: ['a'] }, solution: {} })],
    ['too long', 'A'.repeat(2_049)],
  ])('that is %s is refused by both send routes', async (_what, proof) => {
    expect(await send({ proof })).toEqual({ status: 400, body: PROOF_GONE })
    const headers = { 'x-forwarded-for': anAddress() }
    const response = await api.app.inject({ url: `/sms_codes/${aMobile()}/`, query: { proof }, headers })
    expect([response.statusCode, response.json()]).toEqual([200, PROOF_GONE])
  })

  it.each([
    ['empty', { proof: '' }, '5006'],
    ['null', { proof: null }, '5006'],
    ['a number', { proof: 1 }, '4001'],
    ['half of a picture', { uuid: 'u'.repeat(8) }, '4003'],
  ])('that is %s does not count as an answer', async (_what, answered, code) => {
    expect(await send(answered)).toMatchObject({ status: 400, body: { code } })
  })
})

describe('GET /v1/challenges', () => {
  it('answers a challenge in the format of altcha that expires after five minutes and must not be cached', async () => {
    const response = await api.app.inject({
      url: '/v1/challenges',
      headers: { 'x-forwarded-for': anAddress() },
    })
    expect(response.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    })
    const { parameters, signature } = response.json<Challenge>()
    expect(parameters).toMatchObject({ algorithm: 'PBKDF2/SHA-256', cost: 5_000, keyLength: 32 })
    expect(Math.abs(parameters.expiresAt - Date.now() / 1000 - 300)).toBeLessThan(30)
    expect(signature).toMatch(/^[0-9a-f]{64}$/)
    expect((await challengeOf(api)).parameters.nonce).not.toBe(parameters.nonce)
  })

  it('counts against the limit of pictures', async () => {
    const headers = { 'x-forwarded-for': anAddress() }
    const answers = []
    for (let i = 0; i < 31; i++) answers.push(await api.app.inject({ url: '/v1/challenges', headers }))
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([...Array<number>(30).fill(200), 429])
    expect((await api.app.inject({ url: '/image_codes/after-that/', headers })).statusCode).toBe(429)
  })
})

describe('an address after twenty answers', () => {
  it('needs a proof in addition to a picture, whether the picture was answered right or wrong', async () => {
    const address = await anAddressWith(20)
    const right = await api.captcha()
    expect(await send(right, address)).toEqual({ status: 400, body: PROOF_NEEDED })
    expect(await api.redis.exists(`img_${right.uuid}`)).toBe(0)
    const { uuid } = await api.captcha()
    expect(await send({ image_code: 'ZZZZ', uuid }, address)).toEqual({ status: 400, body: PROOF_NEEDED })
    const query = await api.captcha()
    const headers = { 'x-forwarded-for': address }
    const response = await api.app.inject({ url: `/sms_codes/${aMobile()}/`, query, headers })
    expect([response.statusCode, response.json()]).toEqual([200, PROOF_NEEDED])
  })

  it('is told in English that a proof is needed, because the proof alone is enough', async () => {
    const headers = { 'x-forwarded-for': await anAddressWith(20), 'accept-language': 'en' }
    const answer = await api.post('/v1/sms_codes', { mobile: aMobile(), ...(await api.captcha()) }, headers)
    expect(answer.body['errmsg']).toBe('A proof of work is needed')
  })

  it('is accepted with a proof, with or without a picture', async () => {
    const address = await anAddressWith(20)
    expect(await send({ proof: await proofOf(api) }, address)).toMatchObject({ status: 202 })
    const both = { ...(await api.captcha()), proof: await proofOf(api) }
    expect(await send(both, address)).toMatchObject({ status: 202 })
  })

  it('did not need a proof one answer before', async () => {
    expect(await send(await api.captcha(), await anAddressWith(19))).toMatchObject({ status: 202 })
  })
})

it('the step-up of an address ends when its answers are two windows of ten minutes old', async () => {
  const address = await anAddressWith(25)
  const { pseudonym } = createKeyring({ phoneKey, codeKeys: [{ kid: 'x', key: newer }] })
  const key = keys.gate('attempts', pseudonym(address))
  await ageCounter(api.redis, key, 600)
  expect(await pictureFor(address)).toEqual([190, 5])
  await ageCounter(api.redis, key, 600)
  expect(await pictureFor(address)).toEqual([160, 4])
  expect(await send(await api.captcha(), address)).toMatchObject({ status: 202 })
})

/** A challenge in our own format, with this key and lifetime. */
async function made(key: Buffer, lifeSeconds: number): Promise<Challenge> {
  const { secrets } = createKeyring({ phoneKey, codeKeys: [{ kid: 'x', key }] })
  const [signing, solution] = [secrets('proof challenge'), secrets('proof solution')]
  const challenge = await createChallenge({
    algorithm: 'PBKDF2/SHA-256',
    cost: 1,
    counter: 3,
    deriveKey,
    expiresAt: Math.floor(Date.now() / 1000) + lifeSeconds,
    hmacSignatureSecret: String(signing[0]?.secret),
    hmacKeySignatureSecret: String(solution[0]?.secret),
  })
  return Value.Parse(Challenge, challenge)
}

function packed(payload: unknown): string {
  return Buffer.from(JSON.stringify(payload)).toString('base64')
}
