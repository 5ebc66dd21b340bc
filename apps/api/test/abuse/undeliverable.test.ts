import { Queue } from 'bullmq'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createAcceptanceMark } from '@sms-codes/core/queues/queue-state'
import { createLists } from '@sms-codes/core/limits/allow-deny-lists'
import { EMAIL_QUEUE, SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { chooseShard, smsQueues } from '@sms-codes/core/queues/shards'
import { keys, queueTag } from '@sms-codes/core/redis/keys'
import { aMobile, anAddress, startApiWith, type Api } from '../api.ts'

let api: Api
let queues: Record<'sms' | 'email', Queue>
const opened: Queue[] = []
afterEach(async () => {
  vi.useRealTimers()
  await Promise.all(opened.splice(0).map((queue) => queue.close()))
  await api.stop()
})

const options = (name: string) => ({ connection: { url: api.server.url }, prefix: queueTag(name) })

async function start(settings: object = {}): Promise<void> {
  api = await startApiWith({ overload: { queue_max_age: '60s' }, ...settings })
  queues = {
    sms: new Queue(SMS_QUEUE, options(SMS_QUEUE)),
    email: new Queue(EMAIL_QUEUE, options(EMAIL_QUEUE)),
  }
  opened.push(queues.sms, queues.email)
}
/** Adds sends that a worker has tried and that wait for their next try. */
async function retried(secondsAgo: number, times = 1, queue = queues.sms): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    const timestamp = Date.now() - secondsAgo * 1000
    const { id = '' } = await queue.add('send', {}, { timestamp, delay: 60_000 })
    await api.redis.hset(queue.toKey(id), 'ats', 1, 'atm', 1)
  }
}
/** Marks that a gateway accepted a message so long ago. */
async function accepted(secondsAgo: number): Promise<void> {
  createAcceptanceMark(api.redis, SMS_QUEUE).accepted()
  await expect.poll(() => api.redis.get(keys.accepted(SMS_QUEUE))).toBe('1')
  await api.redis.pexpire(keys.accepted(SMS_QUEUE), 86_400_000 - secondsAgo * 1000)
}

type Captcha = { image_code: string; uuid: string }
const classic = async (captcha: Captcha) =>
  api.app.inject({
    url: `/sms_codes/${aMobile()}/?${new URLSearchParams(captcha).toString()}`,
    headers: { 'x-forwarded-for': anAddress() },
  })
const post = async (captcha: Captcha, more: Record<string, string> = {}) =>
  api.post('/v1/sms_codes', { mobile: aMobile(), ...captcha, ...more })
const statusOf = async () => (await post(await api.captcha())).status
const refusal = { code: '5000', errmsg: '服务暂不可用', retry_after: 10 }

async function expectRefusedUnspent(limit: string): Promise<void> {
  const captcha = await api.captcha()
  const before = await api.redis.keys('sms:*')
  const answer = await classic(captcha)
  expect([answer.statusCode, answer.headers['retry-after'], answer.json()]).toEqual([503, '10', refusal])
  expect(await post(captcha)).toEqual({ status: 503, body: refusal })
  expect(await api.redis.exists(`img_${captcha.uuid}`)).toBe(1)
  expect(await api.redis.keys('sms:*')).toEqual(before)
  expect(await api.registry.metrics()).toContain(`sms_refused_by_limit_total{limit="${limit}"} 2`)
}

describe('while the queue is paused, the API', () => {
  it.each(['60s', '0s'])(
    'refuses sends and spends nothing, without probes, until the pause ends (queue_max_age: %s)',
    async (queue_max_age) => {
      await start({ overload: { queue_max_age } })
      await queues.sms.pause()
      await expectRefusedUnspent('paused')
      const answers = await Promise.all(Array.from({ length: 10 }, statusOf))
      expect(new Set(answers)).toEqual(new Set([503]))
      await queues.sms.resume()
      await expect.poll(statusOf).toBe(202)
    },
  )

  it('refuses scenes with fallback too, because no worker moves their sends to e-mail', async () => {
    await start({ scenes: { default: { fallback: true } }, email: { from: 'codes@shop.example' } })
    const mobile = aMobile()
    await api.deps.contacts.put(mobile, { email: 'a@b.example', verifiedAt: '2026-01-01T00:00:00.000Z' })
    await queues.sms.pause()
    expect((await post(await api.captcha(), { mobile })).body).toEqual(refusal)
  })
})

describe('while no gateway accepts messages, the API', () => {
  it('refuses sends and spends nothing, until a gateway accepts one', async () => {
    await start()
    await accepted(14)
    await retried(14, 3)
    await expectRefusedUnspent('gateways')
    await accepted(0)
    await expect.poll(statusOf).toBe(202)
  })

  it('goes on refusing when all sends have ended, apart from three probes', async () => {
    await start()
    await accepted(14)
    for (let n = 0; n < 3; n += 1) createAcceptanceMark(api.redis, SMS_QUEUE).lost()
    await expect.poll(() => api.redis.get(keys.accepted(SMS_QUEUE))).toBe('-2')
    let probes = 0
    await expect.poll(async () => (probes += Number((await statusOf()) === 202))).toBe(3)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    const answers = await Promise.all(Array.from({ length: 20 }, statusOf))
    expect(new Set(answers)).toEqual(new Set([503]))
  })

  it.each([
    ['the oldest send has waited for less than 13 s', 12, 3_600],
    // The clock of Redis goes on, and a busy machine may take seconds until the send.
    ['a gateway accepted a message less than 13 s ago', 60, 8],
    ['a send waits and its fellow was accepted a moment ago', 60, 0],
  ])('accepts sends if %s', async (_, oldest, acceptance) => {
    // The clock of the process, by which sends age, stands still. On a busy machine the test may take seconds.
    vi.useFakeTimers({ toFake: ['Date'] })
    await start()
    await retried(oldest, 3)
    if (acceptance < 3_600) await accepted(acceptance)
    expect(await statusOf()).toBe(202)
  })

  it('refuses sends while ten sends have waited for more than a minute, although a gateway accepts some', async () => {
    await start()
    await accepted(0)
    await retried(61, 9)
    expect(await statusOf()).toBe(202)
    await retried(61)
    await accepted(0)
    await expect.poll(statusOf).toBe(503)
  })

  it('lets one request a second pass as a probe, until three sends are under way', async () => {
    await start()
    await retried(14)
    const burst = async (): Promise<number> => {
      const from = performance.now()
      const statuses = await Promise.all(Array.from({ length: 20 }, statusOf))
      const passed = statuses.filter((status) => status === 202).length
      // On a busy machine a burst may take longer than a second.
      expect(passed).toBeLessThanOrEqual(Math.ceil((performance.now() - from) / 1000))
      return passed
    }
    let passed = await burst()
    expect(passed).toBeGreaterThan(0)
    // All requests of a burst read the same state, so a burst that lasts more than a second may let a third send pass.
    await expect.poll(async () => (passed += await burst())).toBeGreaterThanOrEqual(2)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(await burst()).toBe(0)
    expect(await api.waiting()).toHaveLength(passed)
  })

  it('gives no probe to a denied request, and counts its attempt', async () => {
    await start()
    const lists = createLists(api.redis)
    const mobile = aMobile()
    await lists.put('deny', { kind: 'phone', text: api.keyring.pseudonym(mobile) })
    await retried(20)
    const denied = await api.post('/v1/sms_codes', { mobile, ...(await api.captcha()) })
    expect(denied.body['errmsg']).toBe('发送短信过于频繁')
    expect(await api.redis.keys('sms:{gate}:att:*')).toHaveLength(1)
    expect(await statusOf()).toBe(202)
  })

  it('gives no probe to a wrong picture, so strangers cannot use the probes up', async () => {
    await start()
    await retried(14)
    for (let i = 0; i < 5; i += 1) {
      const wrong = await post({ ...(await api.captcha()), image_code: 'ZZZZ' })
      expect(wrong.body['errmsg']).toBe('输入图形验证码有误')
    }
    expect(await statusOf()).toBe(202)
  })

  it('accepts all sends if no limit is set', async () => {
    await start({ overload: { queue_max_age: '0s' } })
    await retried(3_600, 3)
    expect(await statusOf()).toBe(202)
  })
})

describe('while no SMS gateway accepts messages, a scene with fallback', () => {
  const contact = { email: 'a@b.example', verifiedAt: '2026-01-01T00:00:00.000Z' }
  const begin = async () => {
    await start({ scenes: { default: {}, login: { fallback: true } }, email: { from: 'codes@shop.example' } })
    await retried(14, 3)
    const mobile = aMobile()
    await api.deps.contacts.put(mobile, contact)
    return mobile
  }

  it('accepts a phone with a contact, and refuses others after the picture was answered', async () => {
    const mobile = await begin()
    expect((await post(await api.captcha(), { mobile, scene: 'login' })).status).toBe(202)
    const captcha = await api.captcha()
    expect(await post(captcha, { scene: 'login' })).toEqual({ status: 503, body: refusal })
    expect((await post(captcha, { scene: 'login' })).body['errmsg']).toBe('图形验证码失效')
  })

  it('does not tell by a wrong picture whether a phone has a contact', async () => {
    const mobile = await begin()
    const wrong = async (more: Record<string, string>) =>
      (await post({ ...(await api.captcha()), image_code: 'ZZZZ' }, { ...more, scene: 'login' })).body
    expect(await wrong({ mobile })).toEqual(await wrong({}))
  })

  it('refuses other scenes of a phone with a contact', async () => {
    const mobile = await begin()
    expect(await post(await api.captcha(), { mobile })).toEqual({ status: 503, body: refusal })
  })

  it.each([
    ['no mail is accepted either', () => retried(14, 1, queues.email)],
    ['the queue email is paused', () => queues.email.pause()],
  ])('refuses every phone, and spends nothing, if %s', async (_, close) => {
    const mobile = await begin()
    await close()
    const captcha = await api.captcha()
    expect(await post(captcha, { mobile, scene: 'login' })).toEqual({ status: 503, body: refusal })
    expect(await api.redis.exists(`img_${captcha.uuid}`)).toBe(1)
  })
})

describe('with two shards, the API', () => {
  /** Opens a shard, and returns a phone whose sends it holds. */
  async function begin(): Promise<{ mobile: string; other: string }> {
    await start({ queues: { shards: 2 } })
    const shards = [new Queue('sms-0', options('sms-0')), new Queue('sms-1', options('sms-1'))]
    queues.sms = shards[0] ?? queues.sms
    opened.push(...shards)
    // The key of the pseudonyms is random, so any number of phones may happen to share a shard.
    const phones = Array.from({ length: 100 }, aMobile)
    const inShard = (name: string) => (mobile: string) =>
      chooseShard(smsQueues(2), api.keyring.pseudonym(mobile)) === name
    return { mobile: phones.find(inShard('sms-0')) ?? '', other: phones.find(inShard('sms-1')) ?? '' }
  }
  const statusFor = async (mobile: string) => (await post(await api.captcha(), { mobile })).status

  it('adds each send to the shard of its phone', async () => {
    const { mobile, other } = await begin()
    expect([await statusFor(mobile), await statusFor(other)]).toEqual([202, 202])
    expect(await api.redis.llen('{sms-0}:sms-0:wait')).toBe(1)
    expect(await api.redis.llen('{sms-1}:sms-1:wait')).toBe(1)
    expect(await api.waiting()).toEqual([])
  })

  it.each([
    ['is paused', () => queues.sms.pause()],
    [
      'has a send that no worker has taken',
      () => queues.sms.add('send', {}, { timestamp: Date.now() - 61_000 }),
    ],
  ])('refuses only the sends of a shard that %s', async (_, hold) => {
    const { mobile, other } = await begin()
    await hold()
    await accepted(0)
    expect(await post(await api.captcha(), { mobile })).toMatchObject({ status: 503 })
    expect(await statusFor(other)).toBe(202)
  })

  it('accepts the sends of a shard with a retried send while gateways accept sends of the other', async () => {
    const { mobile, other } = await begin()
    await retried(30, 3)
    await accepted(0)
    expect([await statusFor(mobile), await statusFor(other)]).toEqual([202, 202])
  })

  it('refuses the sends of all shards while no gateway accepts those of one', async () => {
    const { mobile, other } = await begin()
    await accepted(14)
    await retried(14, 3)
    expect([await statusFor(mobile), await statusFor(other)]).toEqual([503, 503])
  })

  it('counts the sends under way over all shards before it lets a probe pass', async () => {
    const { mobile } = await begin()
    await retried(14, 2)
    await retried(14, 1, opened.at(-1))
    expect(await statusFor(mobile)).toBe(503)
  })

  it('refuses sends while ten sends of all shards together have waited for more than a minute', async () => {
    const { mobile } = await begin()
    await accepted(0)
    await retried(61, 5)
    await retried(61, 5, opened.at(-1))
    expect(await statusFor(mobile)).toBe(503)
    expect(await api.registry.metrics()).toContain('sms_refused_by_limit_total{limit="backlog"} 1')
  })

  it('asks for the state of each shard once a second', async () => {
    await begin()
    const captchas = await Promise.all(Array.from({ length: 30 }, () => api.captcha()))
    await api.redis.config('RESETSTAT')
    const from = performance.now()
    await Promise.all(captchas.map((captcha) => post(captcha)))
    const seconds = Math.ceil((performance.now() - from) / 1000)
    const [, calls] = /cmdstat_hexists:calls=(\d+)/.exec(await api.redis.info('commandstats')) ?? []
    // The script of each shard calls the command once.
    expect(Number(calls)).toBeGreaterThanOrEqual(2)
    expect(Number(calls)).toBeLessThanOrEqual(2 + 2 * seconds)
  })
})
