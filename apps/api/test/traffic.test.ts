import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readTraffic } from '@sms-codes/core/history/traffic'
import { aMobile, startApiWith, type Api } from './api.ts'

const TEST_NUMBER = '13900000000'
const TOKEN = 'callback-token-of-these-tests'

let api: Api
beforeAll(async () => {
  const numbers = [{ mobile: `+86${TEST_NUMBER}`, code: '246810', until: '2999-01-01' }]
  api = await startApiWith({ test_numbers: { numbers } }, { CALLBACK_TOKEN: TOKEN })
})
beforeEach(async () => {
  await api.deps.traffic.flush()
  await api.redis.flushall()
})
afterAll(() => api.stop())

/** The counts of this test, as `<what> <scene> <by> <count>`. */
async function counts(): Promise<string[]> {
  await api.deps.traffic.flush()
  const all = await readTraffic(api.redis, 5)
  return all.map(({ what, scene, by, count }) => `${what} ${scene} ${by} ${count}`).toSorted()
}
const verify = (mobile: string, code: string, headers: Record<string, string> = {}) =>
  api.post('/v1/sms_codes/verify', { mobile, sms_code: code, scene: 'login' }, headers)

describe('the API counts', () => {
  it('an accepted request, and a verified code with its gateway, each once', async () => {
    const mobile = aMobile()
    const { rid, code } = await api.sent(mobile, 'login')
    const claim = await api.deps.ledger.claim({ rid, scene: 'login', n: 1 }, 'ccp', {
      fence: 0,
      leaseMs: 5_000,
    })
    if (claim.kind === 'go')
      await api.deps.ledger.settle({ rid, scene: 'login', n: 1 }, claim.fence, {
        status: 'sent',
        gateway: 'ccp',
      })
    expect((await verify(mobile, '000')).status).toBe(400)
    const act = { 'idempotency-key': randomBytes(16).toString('hex') }
    const bodies = [await verify(mobile, code, act), await verify(mobile, code, act)]
    // The answer was not kept, because the process died before that.
    await api.redis.del(...(await api.redis.keys('*:idempotency')))
    bodies.push(await verify(mobile, code, act))
    expect(bodies.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(await counts()).toEqual(['accepted login  1', 'verified login ccp 1'])
  })

  it('no request that was refused', async () => {
    const mobile = aMobile()
    await api.sent(mobile, 'login')
    const { body } = await api.post('/v1/sms_codes', { mobile, ...(await api.captcha()), scene: 'login' })
    expect(body['code']).toBe('4002')
    expect(await counts()).toEqual(['accepted login  1'])
  })

  it('nothing of a test number', async () => {
    const sent = await api.post('/v1/sms_codes', {
      mobile: TEST_NUMBER,
      ...(await api.captcha()),
      scene: 'login',
    })
    expect(sent.status).toBe(202)
    expect((await verify(TEST_NUMBER, '246810')).status).toBe(200)
    expect(await counts()).toEqual([])
  })

  it.each([
    { status: '0', counted: 'delivered default ccp 1' },
    { status: '1', counted: 'failed default undelivered 1' },
  ])(
    'a delivery receipt with the status $status once, although the vendor repeats it',
    async ({ status, counted }) => {
      const { rid } = await api.sent(aMobile(), 'default')
      const id = randomBytes(16).toString('hex')
      const job = { v: 1 as const, rid, scene: 'default', n: 1, to: '138****8000', segment: '138' }
      await api.accept(rid)
      await api.deps.deliveryReceipts.expect('ccp', id, job)
      const receipt = { Request: { action: 'SMSArrived', content: id, status } }
      for (let time = 0; time < 2; time += 1) await api.post(`/callbacks/ccp/${TOKEN}`, receipt)
      expect(await counts()).toEqual(['accepted default  1', counted])
    },
  )
})
