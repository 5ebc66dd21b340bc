import { afterEach, describe, expect, it } from 'vitest'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { parseCounter } from '@sms-codes/core/limits/counters'
import { parseListEntry } from '@sms-codes/core/limits/networks'
import { keys } from '@sms-codes/core/redis/keys'
import { aMobile, anAddress, startApiWith, type Answer, type Api } from '../api.ts'
import { proofOf } from '../proof.ts'

const KEYS = { shop: 's'.repeat(32), crm: 'c'.repeat(32) }
type Name = keyof typeof KEYS

let api: Api
afterEach(() => api.stop())

/** @param sends the limits of the key of the shop */
async function start(policy: object = {}, sends: readonly string[] = []) {
  const API_KEYS = `shop:${KEYS.shop},crm:${KEYS.crm}`
  const scopes = ['send']
  const api_keys = { shop: { scopes, sends }, crm: { scopes } }
  api = await startApiWith({ api_keys, ...policy }, { API_KEYS })
}
const addressSends = (...sends: string[]) => ({ limits: { address: { sends } } })

const send = (body: object = {}, name: Name = 'shop', headers: object = {}) =>
  api.post(
    '/v1/sms_codes',
    { mobile: aMobile(), client_address: anAddress(), ...body },
    { authorization: `Bearer ${KEYS[name]}`, ...headers },
  )
const browserSend = async (address: string, mobile = aMobile()) =>
  api.post('/v1/sms_codes', { mobile, ...(await api.captcha()) }, { 'x-forwarded-for': address })

let next = 0
/** Returns another number of one segment each time. Two numbers of `aMobile` may belong to different segments. */
const inSegment = () => `1380000${String(1_000 + ++next)}`

/** The units in the first window of a counter, or undefined if the counter does not exist. */
const units = async (key: string) => parseCounter(await api.redis.getBuffer(key)).windows[0]?.units[0]
const ofAddress = (what: 'attempts' | 'address', address: string) =>
  units(keys.gate(what, api.keyring.pseudonym(address)))
const statuses = (answers: readonly { status: number }[]) => answers.map(({ status }) => status)
const each = async <T>(times: number, call: (i: number) => Promise<T>): Promise<T[]> => {
  const answers: T[] = []
  for (let i = 0; i < times; i++) answers.push(await call(i))
  return answers
}

/** The wait that a refusal names. The seconds that the test itself takes may have passed. */
const minutesOf = ({ body }: Answer) => Math.ceil(Number(body['retry_after'] ?? 0) / 60)

const TOO_MANY = { status: 429, body: { code: '4002', errmsg: '访问过于频繁' } }
const TOO_OFTEN = { status: 429, body: { code: '4002', errmsg: '发送短信过于频繁' } }

describe('a send of a back end', () => {
  it('counts under the address of the user, together with the sends of browsers there', async () => {
    await start(addressSends('2/600s'))
    const address = anAddress()
    expect((await send({ client_address: `${address}:4711` })).status).toBe(202)
    expect((await browserSend(address)).status).toBe(202)
    const refused = await send({ client_address: address }, 'shop', { 'x-forwarded-for': anAddress() })
    expect(refused).toMatchObject(TOO_MANY)
    expect(minutesOf(refused)).toBe(10)
    expect((await send()).status).toBe(202)
    expect(await ofAddress('address', address)).toBe(2)
  })

  it('counts in the subnet of the user', async () => {
    await start({ limits: { subnet: { sends: ['2/600s'] } } })
    const answers = await each(3, (i) => send({ client_address: `[2001:db8:7:${i}::1]:443` }))
    expect(statuses(answers)).toEqual([202, 202, 429])
  })

  it('counts for its limit key whatever the address is, and for each back end apart', async () => {
    await start(addressSends('2/600s'))
    const limit_key = 'device-1'
    const answers = await each(3, () => send({ limit_key }))
    expect(statuses(answers)).toEqual([202, 202, 429])
    expect(answers[2]).toMatchObject(TOO_MANY)
    expect((await send({ limit_key: 'device-2' })).status).toBe(202)
    expect((await send({ limit_key }, 'crm')).status).toBe(202)
    expect(await api.registry.metrics()).toContain('sms_refused_by_limit_total{limit="limit_key"} 1')
  })

  it('counts for its API key, and another API key and browsers have room', async () => {
    await start({}, ['2/600s'])
    const answers = await each(3, () => send())
    expect(statuses(answers)).toEqual([202, 202, 429])
    expect(answers[2]).toMatchObject(TOO_MANY)
    expect(answers.map(minutesOf)).toEqual([0, 0, 10])
    expect((await send({}, 'crm')).status).toBe(202)
    expect((await browserSend(anAddress())).status).toBe(202)
    const metrics = await api.registry.metrics()
    expect(metrics).toContain('sms_refused_by_limit_total{limit="api_key"} 1')
    expect(metrics).toContain('sms_back_end_requests_accepted_total{back_end="shop"} 2')
  })

  it('counts for its API key and its limit key, also if its country has a limit', async () => {
    const countries = { CN: { locale: 'zh-CN', sends: ['9/600s'] } }
    await start({ countries, ...addressSends('2/600s') }, ['3/600s'])
    const limit_key = 'device-1'
    expect(statuses(await each(3, () => send({ limit_key })))).toEqual([202, 202, 429])
    expect(statuses(await each(2, () => send()))).toEqual([202, 429])
    expect([await units(keys.sendsOf('shop')), await units(keys.gate('country', 'CN'))]).toEqual([3, 3])
  })

  it.each([
    ['number segment', { limits: { segment: ['1/600s'] } }, TOO_OFTEN],
    ['country', { countries: { CN: { locale: 'zh-CN', sends: ['1/600s'] } } }, TOO_OFTEN],
    ['budget', { budget: { messages: ['1/600s'] } }, { status: 503, body: { errmsg: '服务暂不可用' } }],
  ])('is refused by the limit of the %s', async (_what, policy, answer) => {
    await start(policy)
    expect(statuses([await send({ mobile: inSegment() })])).toEqual([202])
    expect(await send({ mobile: inSegment() })).toMatchObject(answer)
  })

  it('is refused by the limit of the phone, which a change of address does not avoid', async () => {
    await start({})
    const mobile = aMobile()
    expect((await send({ mobile })).status).toBe(202)
    expect(await send({ mobile })).toMatchObject(TOO_OFTEN)
  })

  it('takes from all limits or from none', async () => {
    await start({ budget: { messages: ['9/600s'] } }, ['1/600s'])
    const address = anAddress()
    await send()
    expect((await send({ client_address: address, limit_key: 'device-1' })).status).toBe(429)
    const limitKey = keys.gate('limit_key', api.keyring.pseudonym('shop|device-1'))
    expect([await ofAddress('address', address), await units(keys.budget), await units(limitKey)]).toEqual([
      undefined,
      1,
      undefined,
    ])
  })

  it('gets the unit of its API key back if no code was issued, and keeps that of the limit key', async () => {
    await start({ budget: { messages: ['9/600s'] } }, ['9/600s'])
    const body = { mobile: aMobile(), limit_key: 'device-1' }
    await send(body)
    expect((await send(body)).status).toBe(429)
    const limitKey = keys.gate('limit_key', api.keyring.pseudonym('shop|device-1'))
    expect([await units(keys.sendsOf('shop')), await units(keys.budget), await units(limitKey)]).toEqual([
      1, 1, 2,
    ])
  })

  it('of 200 concurrent sends is admitted as often as the limits of API key and limit key permit', async () => {
    await start(addressSends('30/3600s'), ['20/3600s'])
    const ofKey = await Promise.all(Array.from({ length: 200 }, () => send()))
    expect(ofKey.filter(({ status }) => status === 202)).toHaveLength(20)
    const limited = Array.from({ length: 200 }, () => send({ limit_key: 'device-1' }, 'crm'))
    expect((await Promise.all(limited)).filter(({ status }) => status === 202)).toHaveLength(30)
    expect(await units(keys.sendsOf('shop'))).toBe(20)
  })

  it('is no attempt, and needs no proof where a browser needs one', async () => {
    await start({ limits: { address: { attempts: ['3/600s'] } } })
    const address = anAddress()
    const wrong = { image_code: 'ZZZZ', uuid: 'never-issued' }
    for (let i = 0; i < 3; i++)
      await api.post('/v1/sms_codes', { mobile: aMobile(), ...wrong }, { 'x-forwarded-for': address })
    expect((await browserSend(address)).status).toBe(429)
    expect(statuses(await each(4, () => send({ client_address: address })))).toEqual([202, 202, 202, 202])
    expect(await ofAddress('attempts', address)).toBe(3)
  })

  it('is refused by an entry of the deny list for the address of the user, and counts there', async () => {
    await start({ lists: { deny: ['203.0.113.0/24'] } })
    const refused = await send({ client_address: '2002:cb00:7109::1', limit_key: 'device-1' })
    expect(refused).toMatchObject(TOO_OFTEN)
    const limitKey = keys.gate('limit_key', api.keyring.pseudonym('shop|device-1'))
    expect([await ofAddress('address', '203.0.113.9'), await units(limitKey)]).toEqual([1, 1])
    expect(await units(keys.sendsOf('shop'))).toBeUndefined()
  })

  it('on the allow list counts for its API key, and not for its limit key', async () => {
    await start(addressSends('1/600s'), ['3/600s'])
    const entry = parseListEntry('203.0.113.9')
    if (entry === null) throw new Error('not an entry')
    await createLists(api.redis).put('allow', entry)
    const body = { client_address: '203.0.113.9', limit_key: 'device-1' }
    expect(statuses(await each(4, () => send(body)))).toEqual([202, 202, 202, 429])
    expect((await send({}, 'crm')).status).toBe(202)
  })
})

describe('a finding of the pumping guard', () => {
  const guard = { react_for: '600s', segment: { min_sends: 3 } }
  const mark = (mobile: string) => keys.guardMark('mark', 'segment', mobile.slice(0, 7))

  it('that asks for a proof refuses a back end for the time that is left, and a proof lifts it', async () => {
    await start({ guard: { ...guard, mode: 'challenge' } })
    const mobile = inSegment()
    await api.redis.set(mark(mobile), '1', 'EX', 600)
    const refused = await send({ mobile })
    expect(refused).toMatchObject({ ...TOO_OFTEN, body: { ...TOO_OFTEN.body, challenge: 'proof' } })
    expect(minutesOf(refused)).toBe(10)
    expect((await send({ mobile, proof: await proofOf(api) })).status).toBe(202)
    // A browser learns nothing about the time.
    const { body } = await browserSend(anAddress(), inSegment())
    expect(body).toEqual({ code: '4001', errmsg: '请完成安全验证', challenge: 'proof' })
  })

  it('that denies refuses a back end too, even with a proof', async () => {
    await start({ guard: { ...guard, mode: 'deny' } })
    const mobile = inSegment()
    for (let i = 0; i < 3; i++) {
      const { body } = await send({ mobile: inSegment() })
      await api.accept(String(body['request_id']))
    }
    const refused = await send({ mobile, proof: await proofOf(api) })
    expect(refused).toMatchObject(TOO_OFTEN)
    expect([minutesOf(refused), refused.body['challenge']]).toEqual([10, undefined])
  })
})
