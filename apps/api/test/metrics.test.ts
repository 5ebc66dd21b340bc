import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createApiMetrics } from '../src/metrics.ts'
import { aMobile, anAddress, startApiWith, type Api } from './api.ts'
import { proofOf } from './proof.ts'

let api: Api
beforeAll(async () => {
  api = await startApiWith({ budget: { messages: ['10/60s', '100/1h'] } })
})
afterAll(() => api.stop())

const metrics = () => api.registry.metrics()
const codesUsed = async () =>
  Number(/^sms_codes_used_total\{gateway=""\} (\d+)/m.exec(await metrics())?.[1] ?? 0)

it('image codes and proofs are counted when they are issued and when they are answered', async () => {
  await api.app.inject({ url: '/image_codes/a-uuid-of-mine/', headers: { 'x-forwarded-for': anAddress() } })
  await api.post('/v1/sms_codes', { mobile: aMobile(), ...(await api.captcha()), image_code: 'no' })
  await api.sent(aMobile(), 'default')
  await api.post('/v1/sms_codes', { mobile: aMobile(), proof: 'none' })
  await api.post('/v1/sms_codes', { mobile: aMobile(), proof: await proofOf(api) })
  const text = await metrics()
  for (const kind of ['picture', 'proof'])
    for (const event of ['issued', 'failed', 'passed'])
      expect(text).toContain(`sms_captchas_total{kind="${kind}",event="${event}"} 1`)
})

it('accepted requests and guessed codes are counted by scene', async () => {
  const mobile = aMobile()
  const { code } = await api.sent(mobile, 'login')
  const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, '0')
  for (const sms_code of [wrong, code])
    await api.post('/v1/sms_codes/verify', { mobile, sms_code, scene: 'login' })
  const text = await metrics()
  expect(text).toContain('sms_requests_accepted_total{scene="login"} 1')
  expect(text).toContain('sms_verifies_total{scene="login",result="no"} 1')
  expect(text).toContain('sms_verifies_total{scene="login",result="ok"} 1')
  expect(text).toContain('sms_codes_used_total{gateway=""} 1')
})

it('a verify that is repeated because its answer was lost is counted once', async () => {
  const mobile = aMobile()
  const usedBefore = await codesUsed()
  const { code } = await api.sent(mobile, 'register')
  const headers = { 'idempotency-key': 'a-key-of-this-test-only' }
  const verify = () =>
    api.post('/v1/sms_codes/verify', { mobile, sms_code: code, scene: 'register' }, headers)
  const first = await verify()
  // As if the process had died before it stored the answer.
  await api.redis.del(await api.redis.keys('sms:*:idempotency'))
  expect(await verify()).toMatchObject({ status: 200, body: { request_id: first.body['request_id'] } })
  const text = await metrics()
  expect(text).toContain('sms_verifies_total{scene="register",result="ok"} 1')
  expect(await codesUsed()).toBe(usedBefore + 1)
})

it('the budget metric has a series for each window, and none while Redis is down', async () => {
  const before = /sms_budget_left\{window="3600"\} (\d+)/.exec(await metrics())?.[1]
  await api.sent(aMobile(), 'default')
  expect(await metrics()).toContain(`sms_budget_left{window="3600"} ${Number(before) - 1}`)
  expect(await metrics()).toMatch(/sms_budget_left\{window="60"\} \d/)
  expect(await metrics()).toContain('sms_budget_limit{window="3600"} 100\n')
  await api.server.kill()
  expect(await metrics()).not.toContain('sms_budget_left{')
})

it('the refusals by each limit begin at 0', async () => {
  const fresh = await startApiWith({})
  const series = (await fresh.registry.metrics()).match(/(?<=^sms_refused_by_limit_total).*/gm) ?? []
  await fresh.stop()
  const limits = ['address', 'api_key', 'attempts', 'backlog', 'budget', 'country', 'deny_list', 'event_loop']
  limits.push('gateways', 'guard', 'images', 'limit_key', 'paused', 'phone', 'segment', 'subnet')
  limits.push('subnet_attempts', 'subnet_images', 'subnet_verifies', 'verifies')
  expect(series.toSorted()).toEqual(limits.map((limit) => `{limit="${limit}"} 0`))
})

it('series that alert rules watch begin at 0', async () => {
  const fresh = new Registry()
  createApiMetrics(fresh, ['login'])
  const lines = (await fresh.metrics()).split('\n')
  const findings = (await metrics()).split('\n')
  for (const group of ['segment', 'address', 'service'])
    expect(findings).toContain(`sms_guard_findings_total{group="${group}",mode="observe"} 0`)
  for (const series of [
    'sms_store_errors_total',
    'sms_http_answers_total{code="5000"}',
    'sms_captchas_total{kind="siteverify",event="unavailable"}',
    'sms_requests_accepted_total{scene="login"}',
    'sms_verifies_total{scene="login",result="ok"}',
  ])
    expect(lines).toContain(`${series} 0`)
})
