import { Queue } from 'bullmq'
import { afterEach, expect, it } from 'vitest'
import { QUEUE_PREFIX } from '@sms-codes/core/queues/queue-options'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { aMobile, startApi, startApiWith, type Api } from './api.ts'

let api: Api
afterEach(() => api.stop())

const send = async (captcha = api.captcha()) =>
  api.post('/v1/sms_codes', { mobile: aMobile(), ...(await captcha) })
const REFUSED = { status: 503, body: { code: '5000' } }
const counted = async () =>
  Number(/^sms_store_errors_total (\d+)$/m.exec(await api.registry.metrics())?.[1] ?? NaN)

it('a request while Redis is down counts as a store error', async () => {
  api = await startApi()
  const captcha = await api.captcha()
  expect(await counted()).toBe(0)
  await api.server.kill()
  expect(await send(Promise.resolve(captcha))).toMatchObject(REFUSED)
  expect(await counted()).toBe(1)
})

it('a spent budget does not count as a store error, although its answer has the same code', async () => {
  api = await startApiWith({ budget: { messages: ['1/1h'] } })
  expect(await send()).toMatchObject({ status: 202 })
  expect(await send()).toMatchObject(REFUSED)
  expect(await counted()).toBe(0)
})

it('a backlog does not count as a store error', async () => {
  api = await startApiWith({ overload: { queue_max_age: '20s' } })
  const queue = new Queue(SMS_QUEUE, { connection: { url: api.server.url }, prefix: QUEUE_PREFIX })
  await queue.add('send', {}, { timestamp: Date.now() - 21_000 })
  expect(await send()).toMatchObject(REFUSED)
  expect(await counted()).toBe(0)
  await queue.close()
})

it('a bug does not count as a store error', async () => {
  api = await startApi()
  api.deps.captchas.issue = () => Promise.reject(new TypeError('a bug'))
  const { statusCode, body } = await api.app.inject({ url: '/image_codes/a-uuid-of-mine/' })
  expect([statusCode, body]).toEqual([500, expect.stringContaining('"code":"5000"')])
  expect(await counted()).toBe(0)
})
