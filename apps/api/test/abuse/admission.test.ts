import { afterEach, describe, expect, it } from 'vitest'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { createCounters, parseCounter } from '@sms-codes/core/limits/counters'
import { parseListEntry } from '@sms-codes/core/limits/networks'
import { keys } from '@sms-codes/core/redis/keys'
import { startApi, startApiWith, type Api } from '../api.ts'
import { leftOf } from '@sms-codes/core/test/left-of'

let api: Api
afterEach(() => api.stop())

let next = 0
const aMobile = () => `138${String(20_000_000 + ++next)}`
const CALLER = '203.0.113.7'

async function send(answered?: object, mobile = aMobile()) {
  const payload = { mobile, ...(answered ?? (await api.captcha())) }
  return api.post('/v1/sms_codes', payload, { 'x-forwarded-for': CALLER })
}
const WRONG = { image_code: 'ZZZZ', uuid: 'never-issued' }

/** The units in the first window of a counter, or undefined if the counter does not exist. */
const units = async (key: string) => parseCounter(await api.redis.getBuffer(key)).windows[0]?.units[0]
const attempts = () => units(keys.gate('attempts', api.keyring.pseudonym(CALLER)))
const sends = () => units(keys.gate('address', api.keyring.pseudonym(CALLER)))

/** How often Redis has run each command. */
async function calls(): Promise<Record<string, number>> {
  const stats = await api.redis.info('commandstats')
  return Object.fromEntries(
    [...stats.matchAll(/^cmdstat_([a-z|]+):calls=([0-9]+)/gm)].map(([, name = '', times]) => [
      name,
      Number(times),
    ]),
  )
}

describe('the admission of a send', () => {
  it('is one script: a send takes its picture and runs the scripts of admission, code and job', async () => {
    api = await startApiWith({ budget: { messages: ['100/1h'] } })
    await send()
    const picture = await api.captcha()
    const before = await calls()
    expect((await send(picture)).status).toBe(202)
    const after = await calls()
    const made = (name: string) => (after[name] ?? 0) - (before[name] ?? 0)
    // Once a second a send also asks for the state of the queue, with a script that calls ZRANGE twice.
    const asked = made('zrange') / 2
    expect([made('getdel'), made('evalsha') - asked, made('eval')]).toEqual([1, 3, 0])
  })

  it('counts a wrong picture as an attempt and takes nothing else', async () => {
    api = await startApiWith({ budget: { messages: ['100/1h'] } })
    expect((await send(WRONG)).body['code']).toBe('4001')
    expect([await attempts(), await sends(), await units(keys.budget)]).toEqual([1, undefined, undefined])
  })

  it('ignores the counter of a limit that was removed', async () => {
    api = await startApiWith({
      limits: { address: { attempts: [], sends: [] } },
      step_up: { enabled: false },
    })
    const windows = [{ most: 1, seconds: 600 }]
    const who = api.keyring.pseudonym(CALLER)
    for (const what of ['attempts', 'address'] as const)
      await createCounters(api.redis).take([{ key: keys.gate(what, who), windows }])
    expect((await send()).status).toBe(202)
  })

  it('takes nothing if the attempts of the address are used up, although its picture is right', async () => {
    api = await startApiWith({ limits: { address: { attempts: ['2/10m'] } }, step_up: { enabled: false } })
    for (let i = 0; i < 2; i++) await send(WRONG)
    const refused = await send()
    expect(refused).toMatchObject({ status: 429, body: { errmsg: '访问过于频繁', retry_after: leftOf(600) } })
    expect([await attempts(), await sends()]).toEqual([2, undefined])
  })

  it('takes from all limits of sends or from none', async () => {
    api = await startApiWith({ budget: { messages: ['1/1h'] } })
    await send()
    expect((await send()).status).toBe(503)
    const segment = keys.gate('segment', aMobile().slice(0, 7))
    expect([await attempts(), await sends(), await units(segment)]).toEqual([2, 1, 1])
  })

  it('learns new networks of the lists with one more call, which counts the attempt once', async () => {
    api = await startApi()
    await send()
    const entry = parseListEntry('203.0.113.0/24')
    if (entry === null) throw new Error('not an entry')
    await createLists(api.redis).put('deny', entry)
    expect((await send()).body['errmsg']).toBe('发送短信过于频繁')
    // A denied send counts for its address like the send of a phone with a full limit.
    expect([await attempts(), await sends()]).toEqual([2, 2])
    await createLists(api.redis).remove('deny', entry)
    expect((await send()).status).toBe(202)
    expect(await attempts()).toBe(3)
  })

  it('looks up the segments and the pseudonym of the phone in Redis', async () => {
    api = await startApi()
    const lists = createLists(api.redis)
    const [bySegment, byPhone] = [aMobile(), aMobile()]
    await lists.put('deny', { kind: 'segment', text: bySegment.slice(0, 7) })
    expect((await send(undefined, bySegment)).status).toBe(429)
    await lists.remove('deny', { kind: 'segment', text: bySegment.slice(0, 7) })
    await lists.put('deny', { kind: 'phone', text: api.keyring.pseudonym(byPhone) }, 60)
    expect((await send(undefined, byPhone)).status).toBe(429)
    await api.redis.zincrby(keys.list('deny'), -60_001, api.keyring.pseudonym(byPhone))
    expect((await send(undefined, byPhone)).status).toBe(202)
  })

  it('gives the units of segment and budget back if no code was issued, and keeps that of the address', async () => {
    api = await startApiWith({ budget: { messages: ['9/1h'] } })
    const mobile = aMobile()
    await send(undefined, mobile)
    expect((await send(undefined, mobile)).status).toBe(429)
    const segment = keys.gate('segment', mobile.slice(0, 7))
    expect([await sends(), await units(segment), await units(keys.budget)]).toEqual([2, 1, 1])
  })

  it('of 200 concurrent sends admits what the limit of the address permits', async () => {
    api = await startApiWith({
      limits: { address: { attempts: ['300/10m'], sends: ['20/1h'] } },
      step_up: { enabled: false },
    })
    const pictures = await Promise.all(Array.from({ length: 200 }, () => api.captcha()))
    const answers = await Promise.all(pictures.map((picture) => send(picture)))
    expect(answers.filter(({ status }) => status === 202).length).toBeLessThanOrEqual(20)
    expect(await sends()).toBe(20)
  })

  it('reports what the budget still allows', async () => {
    api = await startApiWith({ budget: { messages: ['9/1h', '20/1d'] } })
    await send()
    const windows = [{ most: 9, seconds: 3_600 }]
    expect(await createCounters(api.redis).room({ key: keys.budget, windows })).toMatchObject([
      { used: 1, left: 8 },
    ])
    expect(await api.registry.metrics()).toMatch(
      /sms_budget_left\{window="3600"\} 8\nsms_budget_left\{window="86400"\} 19/,
    )
  })
})
