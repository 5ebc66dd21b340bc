import { afterEach, describe, expect, it } from 'vitest'
import { createCounters } from '@sms-codes/core/limits/counters'
import type { Window } from '@sms-codes/core/limits/windows'
import { keys } from '@sms-codes/core/redis/keys'
import { startApi, startApiWith, type Api } from '../api.ts'
import { leftOf } from '@sms-codes/core/test/left-of'

let api: Api
afterEach(() => api.stop())

let next = 0
const budgetUsed = async (window: Window) =>
  (await createCounters(api.redis).room({ key: keys.budget, windows: [window] }))[0]?.used
/** Returns a number of this segment. */
const inSegment = (segment: string) => `${segment}${String(1_000 + ++next)}`

async function send(mobile: string, address: string, picture?: { image_code: string; uuid: string }) {
  const response = await api.app.inject({
    method: 'POST',
    url: '/v1/sms_codes',
    headers: { 'x-forwarded-for': address },
    payload: { mobile, ...(picture ?? (await api.captcha())) },
  })
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
}

describe('the rate limits of a send', () => {
  it('let 500 concurrent sends spend a budget of 100 messages and no message more', async () => {
    api = await startApiWith({ budget: { messages: ['100/1h', '1000/1d'] } })
    // Not all at once, because commands could exceed their deadline.
    const pictures = []
    for (let i = 0; i < 500; i++) pictures.push(await api.captcha())
    const answers = await Promise.all(
      pictures.map((picture, i) =>
        send(inSegment(`1380${String(100 + (i % 90))}`), `10.${i >> 8}.${i & 255}.1`, picture),
      ),
    )
    const count = (status: number, errmsg: string) =>
      answers.filter((answer) => answer.status === status && answer.body['errmsg'] === errmsg).length
    const [accepted, refused] = [count(202, '发送短信成功'), count(503, '服务暂不可用')]
    // On a busy machine a command may exceed its deadline. Such a send is refused and may have been counted.
    const undecided = count(503, '数据错误')
    expect(accepted + refused + undecided).toBe(500)
    expect(accepted).toBeLessThanOrEqual(100)
    expect(accepted + undecided).toBeGreaterThanOrEqual(100)
    expect(await budgetUsed({ most: 100, seconds: 3_600 })).toBe(100)
    expect(await api.waiting()).toHaveLength(accepted)
    expect(await api.registry.metrics()).toContain(`sms_refused_by_limit_total{limit="budget"} ${refused}`)
  })

  it('count a budget in cents as well', async () => {
    api = await startApiWith({ budget: { cents: ['25/1h'], message_cents: 5 } })
    const statuses = []
    for (let i = 0; i < 6; i++) statuses.push((await send(inSegment('1381111'), `10.1.${i}.1`)).status)
    expect(statuses).toEqual([202, 202, 202, 202, 202, 503])
  })

  it('give the budget back if the phone turns out to be throttled', async () => {
    api = await startApiWith({ budget: { messages: ['2/1h'] } })
    const mobile = inSegment('1382222')
    expect((await send(mobile, '10.2.0.1')).status).toBe(202)
    expect((await send(mobile, '10.2.1.1')).body['code']).toBe('4002')
    expect((await send(inSegment('1382222'), '10.2.2.1')).status).toBe(202)
    expect((await send(inSegment('1382222'), '10.2.3.1')).status).toBe(503)
  })

  it('give the budget back if the job was not enqueued', async () => {
    api = await startApiWith({ budget: { messages: ['1/1h'] } })
    await api.redis.set('{sms}:sms:wait', 'not a list')
    expect((await send(inSegment('1386666'), '10.6.0.1')).status).toBe(503)
    await api.redis.del('{sms}:sms:wait')
    // The budget comes back after the answer was sent.
    await expect.poll(() => budgetUsed({ most: 1, seconds: 3_600 })).toBe(0)
    expect((await send(inSegment('1386666'), '10.6.1.1')).status).toBe(202)
  })

  it('give the budget back if no code was issued', async () => {
    api = await startApiWith({ budget: { messages: ['1/1h'] } })
    const mobile = inSegment('1387777')
    const sends = keys.sends(api.keyring.pseudonym(mobile))
    await api.redis.set(sends, 'not a sorted set')
    expect((await send(mobile, '10.7.0.1')).status).toBe(503)
    await api.redis.del(sends)
    await expect.poll(() => budgetUsed({ most: 1, seconds: 3_600 })).toBe(0)
    expect((await send(mobile, '10.7.1.1')).status).toBe(202)
  })

  it('refuse sends to a full number segment and accept sends to others', async () => {
    api = await startApiWith({ limits: { segment: ['3/60s'] } })
    const answers = []
    for (let i = 0; i < 5; i++) answers.push(await send(inSegment('1383333'), `10.3.${i}.1`))
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 429, 429])
    expect(answers[3]?.body).toEqual({ code: '4002', errmsg: '发送短信过于频繁', retry_after: leftOf(60) })
    expect((await send(inSegment('1384444'), '10.3.9.1')).status).toBe(202)
  })

  it('refuse sends from a full subnet although each of its addresses is within its own limit', async () => {
    api = await startApiWith({ limits: { subnet: { sends: ['4/1h'] } } })
    const statuses = []
    for (let i = 0; i < 6; i++) statuses.push((await send(inSegment('1385555'), `10.4.4.${i}`)).status)
    expect(statuses).toEqual([202, 202, 202, 202, 429, 429])
    expect((await send(inSegment('1385555'), '10.4.5.1')).status).toBe(202)
  })
})

describe('the limits of a subnet', () => {
  const picture = async (address: string) =>
    api.app.inject({ url: '/image_codes/0b7d-uuid/', headers: { 'x-forwarded-for': address } })
  const guess = async (address: string) => {
    const body = { mobile: '13800138000', sms_code: '123456' }
    return (await api.post('/v1/sms_codes/verify', body, { 'x-forwarded-for': address })).status
  }
  /** Returns the statuses of requests from these addresses, which never send from the same address twice. */
  const statusesOf = async (addresses: string[], ask: (address: string) => Promise<number>) => {
    const statuses = []
    for (const address of addresses) statuses.push(await ask(address))
    return statuses
  }
  const four = [1, 2, 3, 4].map((i) => `10.5.5.${i}`)

  it.each([
    ['images', 200, async (address: string) => (await picture(address)).statusCode],
    [
      'attempts',
      400,
      async (address: string) =>
        (await send('13800138000', address, { image_code: 'ZZZZ', uuid: 'never-issued' })).status,
    ],
    ['verifies', 400, guess],
  ] as const)('of %s holds over all its addresses, IPv4 /24 and IPv6 /48', async (name, status, ask) => {
    api = await startApiWith({ limits: { subnet: { [name]: ['3/60s'] } } })
    const full = [status, status, status, 429]
    expect(await statusesOf(four, ask)).toEqual(full)
    expect(
      await statusesOf(['2001:db8:1:1::1', '2001:db8:1:2::1', '2001:db8:1:3::1', '2001:db8:1:4::1'], ask),
    ).toEqual(full)
    expect(await statusesOf(['10.5.6.1', '2001:db8:2:1::1'], ask)).toEqual([status, status])
    expect(await api.registry.metrics()).toContain(`sms_refused_by_limit_total{limit="subnet_${name}"} 2`)
  })

  it('do not count a request that the address has no room for, nor the other way around', async () => {
    api = await startApiWith({ limits: { address: { images: ['2/60s'] }, subnet: { images: ['3/60s'] } } })
    const ask = async (address: string) => (await picture(address)).statusCode
    expect(await statusesOf(['10.5.5.1', '10.5.5.1', '10.5.5.1'], ask)).toEqual([200, 200, 429])
    expect(await statusesOf(['10.5.5.2', '10.5.5.3'], ask)).toEqual([200, 429])
    expect(await api.redis.keys('sms:*:images:*')).toHaveLength(2)
  })

  it('do not raise the step-up level of an address', async () => {
    api = await startApi()
    for (let i = 0; i < 60; i++)
      await send('13800138000', `10.5.5.${100 + i}`, { image_code: 'ZZZZ', uuid: 'never-issued' })
    expect((await picture('10.5.5.1')).rawPayload.readUInt32BE(16)).toBe(160)
    expect((await send('13800138001', '10.5.5.1')).status).toBe(202)
  })
})
