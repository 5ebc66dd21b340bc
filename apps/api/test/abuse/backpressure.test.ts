import { Queue } from 'bullmq'
import { afterEach, describe, expect, it } from 'vitest'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { createAcceptanceMark } from '@sms-codes/core/queues/queue-state'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { aMobile, anAddress, startApiWith, type Api } from '../api.ts'

let api: Api
let queue: Queue
afterEach(async () => {
  await queue.close()
  await api.stop()
})

async function start(overload: object): Promise<void> {
  api = await startApiWith({ overload })
  queue = new Queue(SMS_QUEUE, { connection: { url: api.server.url }, prefix: QUEUE_PREFIX })
}
const queued = (secondsAgo: number) =>
  queue.add('send', {}, { timestamp: Date.now() - secondsAgo * 1000 }).then(({ id = '' }) => id)

type Captcha = { image_code: string; uuid: string }
const get = async (url: string) =>
  api.app.inject({ url, headers: { 'x-forwarded-for': anAddress(), 'accept-language': 'en' } })
const send = async (captcha: Captcha) =>
  get(`/sms_codes/${aMobile()}/?${new URLSearchParams(captcha).toString()}`)
const post = async (captcha: Captcha) => api.post('/v1/sms_codes', { mobile: aMobile(), ...captcha })

describe('while the oldest waiting message is too old, the API', () => {
  it('answers both send routes with 503 and a time to wait, and spends nothing', async () => {
    await start({ queue_max_age: '20s' })
    await queued(21)
    const captcha = await api.captcha()
    const before = await api.redis.keys('sms:*')
    const classic = await send(captcha)
    expect(classic.statusCode).toBe(503)
    expect(classic.headers['retry-after']).toBe('10')
    expect(classic.json()).toEqual({ code: '5000', errmsg: '系统繁忙，请稍后再试', retry_after: 10 })
    expect(await post(captcha)).toEqual({
      status: 503,
      body: { code: '5000', errmsg: '系统繁忙，请稍后再试', retry_after: 10 },
    })
    expect(await api.redis.exists(`img_${captcha.uuid}`)).toBe(1)
    expect(await api.redis.keys('sms:*')).toEqual(before)
    expect(await api.registry.metrics()).toContain('sms_refused_by_limit_total{limit="backlog"} 2')
  })

  it('still draws pictures and verifies codes, and accepts sends again when the message was taken', async () => {
    await start({ queue_max_age: '20s' })
    const { rid, code } = await api.sent('13900000001', 'default')
    await queue.drain()
    const id = await queued(60)
    const captcha = await api.captcha()
    const refused = async () => (await send(await api.captcha())).statusCode
    await expect.poll(refused).toBe(503)
    expect((await get('/image_codes/some-picture/')).statusCode).toBe(200)
    const verified = await api.post('/v1/sms_codes/verify', {
      mobile: '13900000001',
      sms_code: code,
      request_id: rid,
    })
    expect(verified.status).toBe(200)
    await (await queue.getJob(id))?.remove()
    await expect.poll(async () => (await send(captcha)).json<{ code: string }>().code).toBe('0')
  })

  it('keeps no answer for an idempotency key', async () => {
    await start({ queue_max_age: '20s' })
    const id = await queued(60)
    const body = { mobile: aMobile(), ...(await api.captcha()) }
    const again = async () => api.post('/v1/sms_codes', body, { 'idempotency-key': 'k'.repeat(20) })
    expect((await again()).status).toBe(503)
    await (await queue.getJob(id))?.remove()
    await expect.poll(async () => (await again()).status).toBe(202)
  })
})

describe('the age of the backlog', () => {
  it('ignores messages that a worker has taken before: a retried message is old but is no backlog', async () => {
    await start({ queue_max_age: '20s' })
    createAcceptanceMark(api.redis, SMS_QUEUE).accepted()
    const id = await queued(60)
    await api.redis.hset(`${QUEUE_PREFIX}:${SMS_QUEUE}:${id}`, 'ats', 1)
    await queued(1)
    expect((await send(await api.captcha())).statusCode).toBe(200)
  })

  it('is read from Redis once a second by one command, for any number of sends', async () => {
    await start({ queue_max_age: '20s' })
    const captchas = await Promise.all(Array.from({ length: 50 }, () => api.captcha()))
    await api.redis.config('RESETSTAT')
    const from = performance.now()
    const answers = await Promise.all(captchas.map(send))
    const seconds = Math.ceil((performance.now() - from) / 1000)
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(captchas.map(() => 200))
    const [, calls] = /cmdstat_zrange:calls=(\d+)/.exec(await api.redis.info('commandstats')) ?? []
    // The script calls the command twice.
    expect(Number(calls)).toBeGreaterThanOrEqual(2)
    expect(Number(calls)).toBeLessThanOrEqual(2 + 2 * seconds)
  })

  it('does not matter if no limit is set', async () => {
    await start({ queue_max_age: '0s' })
    await queued(3_600)
    expect((await send(await api.captcha())).statusCode).toBe(200)
  })
})

describe('while the event loop is late, the API', () => {
  it('refuses pictures and sends but no verify, and recovers', async () => {
    await start({ event_loop_max_delay: '100ms' })
    const { rid, code } = await api.sent('13900000002', 'default')
    const captcha = await api.captcha()
    let blocked = true
    const block = () => {
      if (!blocked) return
      const until = performance.now() + 300
      while (performance.now() < until);
      setImmediate(block)
    }
    block()
    const answered = async () => (await send(await api.captcha())).statusCode
    await expect.poll(answered, { timeout: 15_000 }).toBe(503)
    const refused = await post(captcha)
    expect(refused).toMatchObject({ status: 503, body: { code: '5000', retry_after: 5 } })
    expect((await get('/image_codes/some-picture/')).headers['retry-after']).toBe('5')
    const body = { mobile: '13900000002', sms_code: code, request_id: rid }
    expect((await api.post('/v1/sms_codes/verify', body)).body['code']).toBe('0')
    blocked = false
    expect(await api.redis.exists(`img_${captcha.uuid}`)).toBe(1)
    await expect.poll(async () => (await send(captcha)).statusCode).toBe(200)
  })
})
