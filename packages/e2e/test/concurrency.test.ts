import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer } from './api-client.ts'
import { accepted, attemptBreaches, breaches, withCode } from './replies.ts'
import { STRICT_DEADLINE } from './system-env.ts'
import { aMobile, startSystem, times, wrong, type System } from './system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem({ apis: 2, workers: 2, env: STRICT_DEADLINE })
})
afterAll(() => system.stop())

/** The URL of the API process for the i-th request: the two processes take turns. */
const base = (i: number) => system.apis[i % 2]?.url ?? ''

async function settled(mobile: string): Promise<void> {
  await expect.poll(async () => (await system.outbox(mobile)).length).toBeGreaterThan(0)
  await expect.poll(() => system.open()).toBe(0)
}
/** Checks that the phone got its message and no second one. A send that exceeded its deadline may have one too. */
async function expectMessages(mobile: string, least: number): Promise<void> {
  // A second message would come from the same burst, so wait until the queue is empty.
  await expect.poll(() => system.open()).toBe(0)
  const { length } = await system.outbox(mobile)
  expect(length).toBeGreaterThanOrEqual(least)
  expect(length).toBeLessThanOrEqual(1)
}

/** Makes the requests at the same time. At least one is decided before its deadline, or the test would prove nothing. */
async function atOnce(count: number, request: (i: number) => Promise<Answer>): Promise<Answer[]> {
  const answers = await times(count, request)
  expect(withCode(answers, '5000').length).toBeLessThan(count)
  return answers
}

describe('200 simultaneous requests to two API processes', () => {
  it('with one image code: exactly one is accepted', async () => {
    const { uuid, image_code } = await system.captcha()
    const answers = await atOnce(200, (i) =>
      system.call(`/sms_codes/${aMobile()}/?image_code=${image_code}&uuid=${uuid}`, {}, base(i)),
    )
    expect(breaches(answers, 1, '4001')).toEqual([])
    const refused = new Set(withCode(answers, '4001').map(({ body }) => body['errmsg']))
    expect([...refused]).toEqual(['图形验证码失效'])
  })

  it('for one mobile with 200 image codes: exactly one is accepted, and one message arrives', async () => {
    const mobile = aMobile()
    const answers = await atOnce(200, (i) => system.send(mobile, base(i)))
    expect(breaches(answers, 1, '4002')).toEqual([])
    await expectMessages(mobile, accepted(answers).length)
  })

  it('for 10 mobiles, 20 each: exactly one is accepted for each mobile', async () => {
    const mobiles = await times(10, async () => aMobile())
    const answers = await atOnce(200, (i) => system.send(mobiles[i % 10] ?? '', base(i >> 1)))
    for (const [n, mobile] of mobiles.entries()) {
      const own = answers.filter((_, i) => i % 10 === n)
      expect(breaches(own, 1, '4002')).toEqual([])
      await expectMessages(mobile, accepted(own).length)
    }
  })

  it('with one idempotency key: one message is sent, and every answer is the first one or a 409', async () => {
    const mobile = aMobile()
    const body = JSON.stringify({ mobile, ...(await system.captcha()) })
    const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() }
    const answers = await atOnce(200, (i) =>
      system.call('/v1/sms_codes', { method: 'POST', body, headers }, base(i)),
    )
    const won = accepted(answers)
    expect(new Set(won.map((answer) => answer.body['request_id'])).size).toBeLessThanOrEqual(1)
    // A call that exceeds its deadline releases the key, but it has used up the image code.
    const handled = answers.filter((one) => one.status !== 409 && !one.headers.has('idempotent-replayed'))
    expect(breaches(handled, 1, '4001')).toEqual([])
    const others = answers.filter(({ status }) => status !== 202 && status !== 409)
    expect(withCode(answers, '5000').length > 0 ? [] : others).toEqual([])
    await expectMessages(mobile, Math.min(won.length, 1))
  })

  it('with 100 right codes: exactly one is accepted', async () => {
    const mobile = aMobile()
    await system.send(mobile)
    await settled(mobile)
    const [message] = await system.outbox(mobile)
    const answers = await atOnce(100, (i) => system.verify(mobile, message?.code ?? '', {}, base(i)))
    expect(breaches(answers, 1, '4008')).toEqual([])
  })

  it('with 100 wrong codes: five are compared, and the right code no longer verifies', async () => {
    const mobile = aMobile()
    const { body } = await system.send(mobile)
    await settled(mobile)
    const [message] = await system.outbox(mobile)
    const code = message?.code ?? ''
    const answers = await atOnce(100, (i) => system.verify(mobile, wrong(code), {}, base(i)))
    expect(answers.filter((answer) => answer.body['attempts_left'] !== undefined)).toEqual([])
    const ph = String(body['request_id']).slice(0, 22)
    expect(await system.redis.zcard(`sms:{${ph}}:misses:blind`)).toBe(5)
    expect(await system.verify(mobile, code)).toMatchObject({ status: 400, body: { code: '4008' } })

    const owner = { request_id: String(body['request_id']) }
    const owned = await atOnce(100, (i) => system.verify(mobile, wrong(code), owner, base(i)))
    expect(attemptBreaches(owned)).toEqual([])
    expect(await system.verify(mobile, code, owner)).toMatchObject({ status: 400, body: { code: '4008' } })
  })
})
