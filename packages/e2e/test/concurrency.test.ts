import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aMobile, startSystem, times, wrong, type System } from './system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem({ apis: 2, workers: 2 })
})
afterAll(() => system.stop())

/** The URL of the API process for the i-th request: the two processes take turns. */
const base = (i: number) => system.apis[i % 2]?.url ?? ''

async function settled(mobile: string): Promise<void> {
  await expect.poll(async () => (await system.outbox(mobile)).length, { timeout: 15_000 }).toBeGreaterThan(0)
  // A second message would come from the same burst, so wait until the queue is empty.
  await expect.poll(() => system.open(), { timeout: 15_000 }).toBe(0)
}

describe('200 simultaneous requests to two API processes', () => {
  it('with one image code: exactly one is accepted', async () => {
    const { uuid, image_code } = await system.captcha()
    const answers = await times(200, (i) =>
      system.call(`/sms_codes/${aMobile()}/?image_code=${image_code}&uuid=${uuid}`, {}, base(i)),
    )
    expect(answers.filter(({ body }) => body['code'] === '0')).toHaveLength(1)
    expect(answers.filter(({ body }) => body['errmsg'] === '图形验证码失效')).toHaveLength(199)
  })

  it('for one mobile with 200 image codes: exactly one is accepted, and one message arrives', async () => {
    const mobile = aMobile()
    const answers = await times(200, (i) => system.send(mobile, base(i)))
    expect(answers.filter(({ body }) => body['code'] === '0')).toHaveLength(1)
    expect(answers.filter(({ body }) => body['code'] === '4002')).toHaveLength(199)
    await settled(mobile)
    expect(await system.outbox(mobile)).toHaveLength(1)
  })

  it('for 10 mobiles, 20 each: exactly one is accepted for each mobile', async () => {
    const mobiles = await times(10, async () => aMobile())
    const answers = await times(
      200,
      async (i) => (await system.send(mobiles[i % 10] ?? '', base(i >> 1))).body['code'],
    )
    expect(answers.filter((code) => code === '0')).toHaveLength(10)
    for (const mobile of mobiles) {
      await settled(mobile)
      expect(await system.outbox(mobile)).toHaveLength(1)
    }
  })

  it('with one idempotency key: one message is sent, and every answer is the first one or a 409', async () => {
    const mobile = aMobile()
    const body = JSON.stringify({ mobile, ...(await system.captcha()) })
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() }
    const answers = await times(200, (i) =>
      system.call('/v1/sms_codes', { method: 'POST', body, headers }, base(i)),
    )
    const accepted = answers.filter(({ status }) => status === 202)
    expect(new Set(accepted.map((answer) => answer.body['request_id'])).size).toBe(1)
    expect(accepted.filter((answer) => !answer.headers.has('idempotent-replayed'))).toHaveLength(1)
    expect(answers.filter(({ status }) => status !== 202 && status !== 409)).toEqual([])
    await settled(mobile)
    expect(await system.outbox(mobile)).toHaveLength(1)
  })

  it('with 100 right codes: exactly one is accepted', async () => {
    const mobile = aMobile()
    await system.send(mobile)
    await settled(mobile)
    const [message] = await system.outbox(mobile)
    const answers = await times(100, (i) => system.verify(mobile, message?.code ?? '', {}, base(i)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ body }) => body['code'] === '4008')).toHaveLength(99)
  })

  it('with 100 wrong codes: five are compared, and the right code no longer verifies', async () => {
    const mobile = aMobile()
    const { body } = await system.send(mobile)
    await settled(mobile)
    const [message] = await system.outbox(mobile)
    const code = message?.code ?? ''
    const answers = await times(100, (i) => system.verify(mobile, wrong(code), {}, base(i)))
    expect(answers.filter((answer) => answer.body['attempts_left'] !== undefined)).toEqual([])
    const ph = String(body['request_id']).slice(0, 22)
    expect(await system.redis.zcard(`sms:{${ph}}:misses:blind`)).toBe(5)
    expect(await system.verify(mobile, code)).toMatchObject({ status: 400, body: { code: '4008' } })

    const owner = { request_id: String(body['request_id']) }
    const owned = await times(100, (i) => system.verify(mobile, wrong(code), owner, base(i)))
    const left = owned.map((answer) => answer.body['attempts_left']).filter((n) => n !== 0)
    expect(left.map(Number).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4])
    expect(await system.verify(mobile, code, owner)).toMatchObject({ status: 400, body: { code: '4008' } })
  })
})
