import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { parseCounter } from '@sms-codes/core/limits/counters'
import { keys } from '@sms-codes/core/redis/keys'
import { aMobile, startSystem, type System } from './system.ts'

let system: System
afterEach(() => system.stop())

/** A call takes so long that the test sees it under way, also on a machine that stalls for some seconds. */
const SLOW_MS = 6_000
const SLOW_CALLS = { policy: { gateway_deadline: '8s' } }

const statusOf = async (opsUrl: string) => (await fetch(`${opsUrl}/readyz`)).status

/** The sends and the verified codes of the service that the pumping guard has counted in the current bucket (counter.lua). */
async function counted() {
  const stored = await system.redis.getBuffer(keys.guarded('service', 'all'))
  const [sends, verified] = parseCounter(stored).windows
  return { sends: sends?.units[0], verified: verified?.units[0] }
}

describe('a second signal', () => {
  it('ends a draining API at once', async () => {
    system = await startSystem({ workers: 0, env: { DRAIN_MS: '60000' } })
    const [api] = system.apis
    if (api === undefined) throw new Error('no api')
    process.kill(api.process.pid, 'SIGTERM')
    await expect.poll(() => statusOf(api.opsUrl)).toBe(503)
    await sleep(600)
    process.kill(api.process.pid, 'SIGTERM')
    expect(await api.process.exited).toEqual({ code: 1, signal: null })
  })

  it('ends a worker during a call, and another worker finishes the message, which is sent once', async () => {
    system = await startSystem(SLOW_CALLS)
    const [worker] = system.workers
    if (worker === undefined) throw new Error('no worker')
    const mobile = aMobile()
    await system.fault('accept', 1, SLOW_MS)
    const { body } = await system.send(mobile)
    await expect.poll(() => system.redis.llen('{sms}:sms:active')).toBe(1)
    process.kill(worker.process.pid, 'SIGTERM')
    await expect.poll(() => statusOf(worker.opsUrl)).toBe(503)
    process.kill(worker.process.pid, 'SIGINT')
    expect(await worker.process.exited).toEqual({ code: 1, signal: null })
    await system.startWorker()
    const status = async () =>
      (await system.call(`/v1/sms_codes/${String(body['request_id'])}`)).body['status']
    await expect.poll(status, { timeout: 60_000 }).toBe('sent')
    expect(await system.outbox(mobile)).toHaveLength(1)
  })
})

describe('two signals in quick succession, as under npm, which forwards the signal of the terminal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'count as one: the current message is finished first (%s)',
    async (signal) => {
      system = await startSystem(SLOW_CALLS)
      const [worker] = system.workers
      if (worker === undefined) throw new Error('no worker')
      const mobile = aMobile()
      await system.fault('accept', 1, SLOW_MS)
      const { body } = await system.send(mobile)
      await expect.poll(() => system.redis.llen('{sms}:sms:active')).toBe(1)
      process.kill(worker.process.pid, signal)
      // Blocks for 50 ms. A timer could wait much longer on a busy machine, and the second signal would count.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
      process.kill(worker.process.pid, signal)
      expect(await worker.process.exited).toEqual({ code: 0, signal: null })
      const { status } = (await system.call(`/v1/sms_codes/${String(body['request_id'])}`)).body
      expect(status).toBe('sent')
      // The pumping guard's count of the message was written before the worker ended.
      expect(await counted()).toEqual({ sends: 1, verified: 0 })
    },
  )
})

describe('an API that is stopped', () => {
  it('writes the count of a code that was verified just before', async () => {
    system = await startSystem()
    const mobile = aMobile()
    const { body } = await system.send(mobile)
    await expect.poll(async () => (await system.outbox(mobile)).length).toBe(1)
    const [message] = await system.outbox(mobile)
    const verified = await system.verify(mobile, message?.code ?? '', { request_id: body['request_id'] })
    expect(verified.body['code']).toBe('0')
    expect(await system.apis[0]?.process.stop()).toEqual({ code: 0, signal: null })
    expect((await counted()).verified).toBe(1)
  })
})

describe('a worker that is stopped', () => {
  it('abandons a delivery that takes too long, and another worker finishes it: one message', async () => {
    const env = { SMS_GATEWAYS: 'ccp,aliyun,tencent' }
    system = await startSystem({ env, policy: { gateway_deadline: '8s' } })
    const mobile = aMobile()
    // Two slow refusals in sequence take longer than a stop may.
    await system.fault('160050', 1, 7_800)
    await system.fault('isv.SMS_TEMPLATE_ILLEGAL', 1, 7_800, 'aliyun')
    const { body } = await system.send(mobile)
    await expect.poll(() => system.redis.llen('{sms}:sms:active')).toBe(1)
    expect(await system.workers[0]?.process.stop(20_000)).toEqual({ code: 0, signal: null })
    await system.startWorker(env)
    const status = async () =>
      (await system.call(`/v1/sms_codes/${String(body['request_id'])}`)).body['status']
    await expect.poll(status, { timeout: 60_000 }).toBe('sent')
    expect(await system.outbox(mobile)).toHaveLength(1)
  })

  it('while Redis is down exits at its deadline, with a message', async () => {
    system = await startSystem()
    await system.redisServer().kill()
    // A worker that is stopped between two fetches, before it notices the outage, ends at once.
    await expect.poll(() => statusOf(system.workers[0]?.opsUrl ?? '')).toBe(503)
    expect(await system.workers[0]?.process.stop(30_000)).toEqual({ code: 1, signal: null })
    const said = system.logs.filter(({ app }) => app === 'worker').map(({ line }) => line)
    expect(said.at(-1)).toContain('shutdown deadline exceeded; Redis may be down')
  })
})
