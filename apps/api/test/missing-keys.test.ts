import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { keyFaults } from '@sms-codes/core/redis/key-faults'
import { wrong } from '@sms-codes/core/test/store'
import { aMobile, startApi, type Api } from './api.ts'

// The newer API has a key that the older API lacks. Both use the Redis of the newer API.
const secret = () => randomBytes(32).toString('base64')
const [PHONE_KEY, k1, k2] = [secret(), `k1:${secret()}`, `k2:${secret()}`]
const API_KEYS = `shop:${randomBytes(32).toString('hex')}`
const bearer = { authorization: `Bearer ${API_KEYS.slice('shop:'.length)}` }

let newer: Api
let older: Api
beforeAll(async () => {
  newer = await startApi({ PHONE_KEY, API_KEYS, CODE_KEYS: `${k2},${k1}` })
  older = await startApi({ PHONE_KEY, API_KEYS, CODE_KEYS: k1, REDIS_URL: newer.server.url })
})
afterAll(async () => {
  await older.stop()
  await newer.stop()
})

const VERIFY = '/v1/sms_codes/verify'
const UNAVAILABLE = { status: 503, body: { code: '5000' } }
const counted = async () =>
  Number(/^sms_missing_keys_total (\d+)$/m.exec(await older.registry.metrics())?.[1] ?? NaN)

it('a right code whose key this API lacks gets 503 and costs no guess, with and without its request id', async () => {
  const mobile = aMobile()
  const { rid, code } = await newer.sent(mobile, 'default')
  const before = await counted()
  for (let i = 0; i < 8; i += 1)
    for (const request_id of [undefined, rid])
      expect(await older.post(VERIFY, { mobile, sms_code: code, request_id })).toMatchObject(UNAVAILABLE)
  expect(await counted()).toBe(before + 16)
  expect(await newer.post(VERIFY, { mobile, sms_code: wrong(code), request_id: rid })).toMatchObject({
    body: { code: '4008', attempts_left: 4 },
  })
  expect(await newer.post(VERIFY, { mobile, sms_code: code })).toMatchObject({ status: 200 })
})

it('a repeated verify whose kept answer this API cannot read gets 503, and not the answer of a reused key', async () => {
  const mobile = aMobile()
  const { code } = await newer.sent(mobile, 'default')
  const headers = { 'idempotency-key': 'the-same-key-as-before' }
  const body = { mobile, sms_code: code }
  expect(await newer.post(VERIFY, body, headers)).toMatchObject({ status: 200 })
  expect(await older.post(VERIFY, body, headers)).toMatchObject(UNAVAILABLE)
  expect(await newer.post(VERIFY, body, headers)).toMatchObject({ status: 200 })
})

it('a live code whose key this API lacks is sent again and not replaced', async () => {
  const mobile = aMobile()
  const { rid } = await newer.sent(mobile, 'login')
  await newer.redis.del(...(await newer.redis.keys('sms:*:sends')))
  const again = await older.post('/v1/sms_codes', { mobile, ...(await newer.captcha()), scene: 'login' })
  expect(again).toMatchObject({ status: 202 })
  expect(await newer.codeOf(rid, 'login')).toMatch(/^[0-9]{6}$/)
})

it('a receipt whose key another process has gets 503, and a receipt with an invented key stays wrong', async () => {
  const receipt = await newer.receipt(aMobile())
  const redeem = (text: string) =>
    older.post('/v1/receipts/redeem', { receipt: text, scene: 'login' }, bearer)
  expect(await redeem(receipt)).toMatchObject({ status: 400 })
  const keyOf = (entry: string) => Buffer.from(entry.slice('k1:'.length), 'base64')
  const phoneKey = Buffer.from(PHONE_KEY, 'base64')
  const codeKeys = [{ kid: 'k2', key: keyOf(k2) }]
  expect(await keyFaults(newer.redis, { phoneKey, codeKeys })).toEqual([])
  expect(await redeem(receipt)).toMatchObject(UNAVAILABLE)
  const [, claims = '', signature = ''] = receipt.split('.')
  const head = Buffer.from(JSON.stringify({ alg: 'EdDSA', kid: 'zz' })).toString('base64url')
  expect(await redeem(`${head}.${claims}.${signature}`)).toMatchObject({ status: 400 })
})
