import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRedisProxy } from './redis-proxy.ts'
import { STRICT_DEADLINE, type Env } from './system-env.ts'
import { aMobile, startSystem, type System } from './system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem({ apis: 1, workers: 1 })
})
afterAll(() => system.stop())

/** Starts an API process behind a proxy that can lose an answer of Redis. */
async function startApiOnProxy(env: Env = {}) {
  const proxy = await openRedisProxy(system.redisServer().port)
  const api = await system.startApi({ REDIS_URL: proxy.url, ...env })
  // Loads the script into Redis, so that the first answer about a record is the script's reply.
  await verify({ mobile: aMobile(), sms_code: '123456' }, randomUUID(), api.url)
  return { proxy, ...api }
}

/** Sends a code to a new phone. Returns the key of its record and the body of the verify call. */
async function aPhone() {
  const mobile = aMobile()
  const { body } = await system.send(mobile)
  await expect.poll(() => system.outbox(mobile)).toHaveLength(1)
  const [message] = await system.outbox(mobile)
  const request_id = String(body['request_id'])
  return {
    record: `sms:{${request_id.slice(0, 22)}}:code:default`,
    body: { mobile, sms_code: message?.code ?? '', request_id },
  }
}

const verify = (body: object, key: string, base?: string) =>
  system.call(
    '/v1/sms_codes/verify',
    {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
    },
    base,
  )
const redeem = (receipt: unknown) =>
  system.asBackend('POST', '/v1/receipts/redeem', { receipt, scene: 'default' })

/** Repeats a call as clients do, for as long as the answer is 409: the first call is still running. */
async function retried(body: object, key: string) {
  const answers: Awaited<ReturnType<typeof verify>>[] = []
  await expect
    .poll(
      async () => {
        const answer = await verify(body, key)
        answers.push(answer)
        return answer.status
      },
      { timeout: 30_000, interval: 500 },
    )
    .not.toBe(409)
  return answers.at(-1)?.body ?? {}
}

describe('a verify that used up the code and whose answer was lost', () => {
  it('because the API process was killed: the same key and body get the receipt, and no other key does', async () => {
    const { proxy, url, process } = await startApiOnProxy()
    const { body, record } = await aPhone()
    const key = randomUUID()

    const lost = proxy.loseAnswerAbout(record)
    const asked = verify(body, key, url).catch((err: unknown) => err)
    await lost
    await process.kill()
    expect(await asked).toBeInstanceOf(Error)
    expect(await system.redis.hget(record, 'used')).toBe('1')

    expect((await verify(body, randomUUID())).body).toMatchObject({ code: '4008' })
    const answer = await retried(body, key)
    expect(answer).toMatchObject({ code: '0', request_id: body.request_id })
    expect((await verify(body, key)).body).toEqual(answer)
    expect((await verify(body, randomUUID())).body).toMatchObject({ code: '4008' })
    expect((await redeem(answer['receipt'])).status).toBe(200)
    expect((await redeem(answer['receipt'])).status).toBe(409)
    proxy.close()
  })

  it('between Redis and the API: the answer is 503, and the same key and body get the receipt', async () => {
    const { proxy, url, process } = await startApiOnProxy(STRICT_DEADLINE)
    const { body, record } = await aPhone()
    const key = randomUUID()

    const lost = proxy.loseAnswerAbout(record)
    const answer = await verify(body, key, url)
    await lost
    expect(answer).toMatchObject({ status: 503, body: { code: '5000' } })
    expect(await system.redis.hget(record, 'used')).toBe('1')

    expect((await verify(body, randomUUID())).body).toMatchObject({ code: '4008' })
    const again = await retried(body, key)
    expect(again).toMatchObject({ code: '0', request_id: body.request_id })
    expect((await redeem(again['receipt'])).status).toBe(200)
    await process.stop()
    proxy.close()
  })
})
