import { afterAll, beforeAll, expect, it } from 'vitest'
import { aMobile, startSystem, type System } from './system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem({ policy: { overload: { queue_max_age: '1s' } } })
})
afterAll(() => system.stop())

it('without a worker, sends are refused before the image code is used up, and accepted when a worker is back', async () => {
  await system.workers[0]?.process.stop()
  const waiting = aMobile()
  expect((await system.send(waiting)).body['code']).toBe('0')
  await expect.poll(async () => (await system.send(aMobile())).status).toBe(503)

  const [mobile, captcha] = [aMobile(), await system.captcha()]
  const refused = await system.post('/v1/sms_codes', { mobile, ...captcha })
  expect(refused).toMatchObject({ status: 503, body: { code: '5000', retry_after: 10 } })
  expect(refused.headers.get('retry-after')).toBe('10')

  await system.startWorker()
  await expect.poll(() => system.outbox(waiting)).toHaveLength(1)
  const again = async () => (await system.post('/v1/sms_codes', { mobile, ...captcha })).status
  await expect.poll(again).toBe(202)
  await expect.poll(() => system.outbox(mobile)).toHaveLength(1)
})
