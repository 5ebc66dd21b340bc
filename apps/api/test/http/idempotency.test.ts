import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FirstTry } from '../../src/http/idempotency-store.ts'
import { aMobile, startApi, type Api } from '../api.ts'
import { leftOf } from '@sms-codes/core/test/left-of'
import { idempotentCalls, replayOf, SEND, VERIFY, wrong, type Calls } from './idempotent-calls.ts'

let api: Api
let calls: Calls
beforeAll(async () => {
  api = await startApi()
  calls = idempotentCalls(api)
})
afterAll(() => api.stop())

const post: Calls['post'] = (...call) => calls.post(...call)
const request: Calls['request'] = (mobile) => calls.request(mobile)
const sent = () => calls.sent()
const slots = () => calls.slots()
/** The slots that Redis holds now and did not hold `before`. An earlier slot may expire at any time. */
const newSlots = async (before: readonly string[]) => (await slots()).filter((name) => !before.includes(name))
const sendsTo: Calls['sendsTo'] = (rid) => calls.sendsTo(rid)

/** Ends the lease of a first request, as if its time had passed. */
const endLease = ({ slot, act, owner }: FirstTry) => api.redis.set(slot, `${act} ${owner} 1`, 'KEEPTTL')

/** Returns for how many seconds the first answer to this call is kept. */
async function lives(url: string, body: object): Promise<number> {
  const before = await slots()
  await post(url, body, randomUUID())
  const [slot = ''] = await newSlots(before)
  return api.redis.ttl(slot)
}

describe('a repeated request with the same key and body', () => {
  it('gets the first answer of a send again, and no further message is sent', async () => {
    const [body, key] = [await request(), randomUUID()]
    const first = await post(SEND, body, key)
    expect(first).toMatchObject({ status: 202, replayed: undefined, body: { code: '0' } })
    expect(await post(SEND, body, key)).toMatchObject(replayOf(first))
    expect(await sendsTo(first.body['request_id'])).toHaveLength(1)
  })

  it('gets the first answer of a verify again, with the same receipt', async () => {
    const [body, key] = [await sent(), randomUUID()]
    const first = await post(VERIFY, body, key)
    expect(first).toMatchObject({ status: 200, body: { code: '0', request_id: body.request_id } })
    expect(first.body).toHaveProperty('receipt')
    expect(await post(VERIFY, body, key)).toMatchObject(replayOf(first))
    expect(await post(VERIFY, body, randomUUID())).toMatchObject({ status: 400, body: { code: '4008' } })
  })

  it('may have its fields in another order, its defaults written out, and another language', async () => {
    const [{ scene: _, ...body }, key] = [await request(), randomUUID()]
    const first = await post(SEND, body, key)
    const other = { scene: 'default', uuid: body.uuid, image_code: body.image_code, mobile: body.mobile }
    expect(await post(SEND, other, key, { 'accept-language': 'en' })).toMatchObject(replayOf(first))
  })

  it('is known after an upgrade from a version that had mainland numbers without +86', async () => {
    const begun = await api.idempotency.begin('send', randomUUID(), { mobile: '+8613800138000' })
    if (begun.kind !== 'first') throw new Error(`the request is ${begun.kind}`)
    const { slot, act } = begun.first
    const before = `idempotency act|${slot}|{"mobile":"13800138000"}`
    expect(act).toBe(api.keyring.pseudonym(before))
  })

  it('does not consume an image code', async () => {
    const [body, key] = [await request(), randomUUID()]
    await post(SEND, body, key)
    await api.redis.set(`img_${body.uuid}`, 'AB3D')
    expect((await post(SEND, body, key)).replayed).toBe('true')
    expect(await api.redis.get(`img_${body.uuid}`)).toBe('AB3D')
  })

  it('gets the first answer again even if that answer is a refusal', async () => {
    const [body, key] = [{ ...(await request()), image_code: 'ZZZZ' }, randomUUID()]
    const first = await post(SEND, body, key)
    expect(first).toMatchObject({ status: 400, body: { errmsg: '输入图形验证码有误' } })
    expect(await post(SEND, body, key)).toMatchObject(replayOf(first))
  })

  it('uses up only one guess, however many times a wrong code is repeated', async () => {
    const { sms_code, ...owner } = await sent()
    const [body, key] = [{ ...owner, sms_code: wrong(sms_code) }, randomUUID()]
    const first = await post(VERIFY, body, key)
    expect(first).toMatchObject({ status: 400, body: { code: '4008', attempts_left: 4 } })
    for (let i = 0; i < 6; i++) expect(await post(VERIFY, body, key)).toMatchObject(replayOf(first))
    expect((await post(VERIFY, body, randomUUID())).body['attempts_left']).toBe(3)
  })

  it('is counted under the RETCODE of the first answer', async () => {
    const [body, key] = [{ mobile: aMobile(), sms_code: '123456' }, randomUUID()]
    const counted = async () =>
      Number(/^sms_http_answers_total\{code="4008"\} (\d+)$/m.exec(await api.registry.metrics())?.[1])
    await post(VERIFY, body, key)
    const before = await counted()
    expect(before).toBeGreaterThan(0)
    await post(VERIFY, body, key)
    expect(await counted()).toBe(before + 1)
  })

  it('with the same key on another route is a new request', async () => {
    const [body, key] = [await sent(), randomUUID()]
    expect((await post(SEND, await request(), key)).status).toBe(202)
    expect(await post(VERIFY, body, key)).toMatchObject({ status: 200, replayed: undefined })
  })

  it('gets the first answer for 12 hours after a send and for 60 seconds after a verify', async () => {
    expect(await lives(SEND, await request())).toEqual(leftOf(43_200))
    expect(await lives(VERIFY, await sent())).toEqual(leftOf(60))
  })

  it('gets a refusal again for 300 seconds after a send and for 60 seconds after a verify', async () => {
    const refused = { ...(await request()), image_code: 'ZZZZ' }
    expect(await lives(SEND, refused)).toEqual(leftOf(300))
    expect(await lives(VERIFY, { mobile: aMobile(), sms_code: '123456' })).toEqual(leftOf(60))
  })
})

describe('a request with the same key and another body', () => {
  it('is refused with 422, sends nothing and does not consume the image code', async () => {
    const key = randomUUID()
    const first = await post(SEND, await request(), key)
    const other = await request()
    expect(await post(SEND, other, key)).toMatchObject({
      status: 422,
      replayed: undefined,
      body: { code: '5006', errmsg: '参数错误' },
    })
    expect(await api.redis.get(`img_${other.uuid}`)).toBe('AB3D')
    expect(await sendsTo(first.body['request_id'])).toHaveLength(1)
  })

  it('cannot be used to guess codes: a right and a wrong code both get 422 and no receipt', async () => {
    const { mobile, sms_code, request_id } = await sent()
    const key = randomUUID()
    await post(VERIFY, { mobile, sms_code, request_id }, key)
    for (const body of [
      { mobile, sms_code },
      { mobile, sms_code: wrong(sms_code), request_id },
      { mobile: aMobile(), sms_code },
    ]) {
      const answer = await post(VERIFY, body, key)
      expect([answer.status, Object.keys(answer.body)]).toEqual([422, ['code', 'errmsg']])
    }
  })
})

describe('while the first request is under way', () => {
  it('200 concurrent requests with one key make one send, and each gets its answer or 409', async () => {
    const [body, key] = [await request(), randomUUID()]
    const answers = await Promise.all(Array.from({ length: 200 }, () => post(SEND, body, key)))
    const [first, ...more] = answers.filter(({ status, replayed }) => status === 202 && !replayed)
    if (first === undefined) throw new Error('no request was the first')
    expect(more).toEqual([])
    const busy = { status: 409, retryAfter: '1', body: { code: '5006', retry_after: 1 } }
    for (const answer of answers.filter((one) => one !== first))
      expect(answer).toMatchObject(answer.status === 202 ? replayOf(first) : busy)
    expect(await sendsTo(first.body['request_id'])).toHaveLength(1)
    expect(await post(SEND, body, key)).toMatchObject(replayOf(first))
  })

  it('200 concurrent requests with one key and the right code make one guess and one receipt', async () => {
    const [body, key] = [await sent(), randomUUID()]
    const answers = await Promise.all(Array.from({ length: 200 }, () => post(VERIFY, body, key)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]))
    const receipts = answers.flatMap((answer) => answer.body['receipt'] ?? [])
    expect(new Set(receipts).size).toBe(1)
  })

  it('a request with another body is refused with 422', async () => {
    const key = randomUUID()
    await api.idempotency.begin('send', key, await request())
    expect((await post(SEND, await request(), key)).status).toBe(422)
  })

  it('a first request that died is replaced after its lease, and can no longer keep an answer', async () => {
    const [body, key] = [await request(), randomUUID()]
    const dead = await api.idempotency.begin('send', key, body)
    expect((await post(SEND, body, key)).status).toBe(409)
    expect(await api.redis.get(`img_${body.uuid}`)).toBe('AB3D')

    if (dead.kind !== 'first') throw new Error(`not first but ${dead.kind}`)
    expect(await api.redis.ttl(dead.first.slot)).toEqual(leftOf(300))
    await endLease(dead.first)
    expect((await post(SEND, await request(), key)).status).toBe(422)
    const taken = await post(SEND, body, key)
    expect(taken).toMatchObject({ status: 202, replayed: undefined })

    await api.idempotency.finish(dead.first, { status: 400, retcode: '4001', body: '{}' }, 300)
    await api.idempotency.finish(dead.first, null, 300)
    expect(await post(SEND, body, key)).toMatchObject(replayOf(taken))
  })

  it('one of 50 concurrent requests replaces a first request whose lease has ended', async () => {
    const [body, key] = [await request(), randomUUID()]
    const dead = await api.idempotency.begin('send', key, body)
    if (dead.kind !== 'first') throw new Error(`not first but ${dead.kind}`)
    await endLease(dead.first)
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(SEND, body, key)))
    expect(answers.filter(({ status, replayed }) => status === 202 && !replayed)).toHaveLength(1)
    expect(answers.filter(({ status }) => status !== 202 && status !== 409)).toEqual([])
  })
})

describe('a first answer that asks for another try', () => {
  it('is not kept if it is a 429, so that the same key is valid with a new image code', async () => {
    const mobile = aMobile()
    const first = await post(SEND, await request(mobile))
    const key = randomUUID()
    const kept = await slots()
    expect((await post(SEND, await request(mobile), key)).status).toBe(429)
    expect(await newSlots(kept)).toEqual([])
    // As if the minute had passed.
    await api.redis.del(`sms:{${String(first.body['request_id']).slice(0, 22)}}:sends`)
    expect(await post(SEND, await request(mobile), key)).toMatchObject({ status: 202, replayed: undefined })
  })

  it('is not kept if the job was not enqueued', async () => {
    const [mobile, key] = [aMobile(), randomUUID()]
    const kept = await slots()
    const waiting = await api.redis.rename('{sms}:sms:wait', '{sms}:sms:aside').catch(() => 'none')
    await api.redis.set('{sms}:sms:wait', 'not a list')
    expect(await post(SEND, await request(mobile), key)).toMatchObject({
      status: 503,
      body: { code: '5000' },
    })
    await api.redis.del('{sms}:sms:wait')
    if (waiting === 'OK') await api.redis.rename('{sms}:sms:aside', '{sms}:sms:wait')
    // The key is freed after the answer was sent.
    await expect.poll(() => newSlots(kept)).toEqual([])
    const again = await post(SEND, await request(mobile), key)
    expect(again).toMatchObject({ status: 202, replayed: undefined })
    expect(await sendsTo(again.body['request_id'])).toHaveLength(1)
  })

  it('is 503 while Redis is down, and the same key is valid when Redis is back', async () => {
    const broken = await startApi()
    const { port, dir } = broken.server
    const call = {
      method: 'POST' as const,
      url: VERIFY,
      headers: { 'idempotency-key': randomUUID() },
      payload: { mobile: aMobile(), sms_code: '123456' },
    }
    await broken.server.kill()
    const away = await broken.app.inject(call)
    expect([away.statusCode, away.json<{ code: string }>().code]).toEqual([503, '5000'])
    const { startRedis } = await import('@sms-codes/launcher/redis')
    const back = await startRedis({ port, dir })
    await expect.poll(async () => (await broken.app.inject(call)).json<{ code: string }>().code).toBe('4008')
    await broken.stop()
    await back.stop()
  })
})
