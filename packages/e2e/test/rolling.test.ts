import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { openBalancer } from './balancer.ts'
import { openSockets } from './sockets.ts'
import { STRICT_DEADLINE } from './system-env.ts'
import { aMobile, startSystem, times, type System } from './system.ts'

const CLIENTS = 12

let system: System
afterEach(() => system.stop())

it('every process can be replaced under load: no client gets an error, and no phone gets two messages', async () => {
  // The balancer notices the drain in time, also on a machine that stalls for some seconds.
  const env = { ...STRICT_DEADLINE, DRAIN_MS: '5000', SIMULATOR_VENDOR_LIMITS: 'off', LOG_LEVEL: 'warn' }
  system = await startSystem({ apis: 2, workers: 2, env })
  const { apis, workers } = system
  const balancer = await openBalancer(apis)
  const sockets = openSockets([balancer.url])
  const accepted = new Map<string, string>()
  const errors: string[] = []
  let calls = 0
  const enough = new AbortController()

  async function client(): Promise<void> {
    while (!enough.signal.aborted) {
      const mobile = aMobile()
      try {
        const sent = await sockets.send(mobile, await system.captcha())
        if (sent.body['code'] === '0') accepted.set(mobile, String(sent.body['request_id']))
        else errors.push(`send ${sent.status} ${String(sent.body['code'])}`)
        const missed = await sockets.verify(mobile, '000000')
        if (missed.status >= 500 || missed.body['code'] === undefined)
          errors.push(`verify ${missed.status} ${String(missed.body['code'])}`)
        calls += 2
      } catch (err) {
        errors.push(String(err))
      }
      await sleep(50)
    }
  }
  const load = times(CLIENTS, client)

  const exits: object[] = []
  for (const [i, api] of apis.entries()) {
    exits.push(await api.process.stop(20_000))
    apis[i] = await system.startApi({}, Number(new URL(api.url).port))
    await expect.poll(() => balancer.ready()).toHaveLength(apis.length)
  }
  for (const [i, worker] of workers.entries()) {
    exits.push(await worker.process.stop(20_000))
    workers[i] = await system.startWorker()
  }
  enough.abort()
  await load
  await expect.poll(() => system.open(), { timeout: 30_000 }).toBe(0)

  const messages = new Map<string, number>()
  for (const { to } of await system.outbox()) messages.set(to, (messages.get(to) ?? 0) + 1)
  const mobiles = [...accepted.keys()]
  const missing = mobiles.filter((mobile) => !messages.has(mobile))
  const twice = [...messages].filter(([, n]) => n > 1)
  console.log(
    `${calls} calls, ${errors.length} errors; ${accepted.size} accepted, ${messages.size} sent, ` +
      `${missing.length} missing, ${twice.length} twice; ${exits.length} processes replaced`,
  )
  expect(errors).toEqual([])
  expect(exits).toEqual(exits.map(() => ({ code: 0, signal: null })))
  expect({ missing, twice }).toEqual({ missing: [], twice: [] })
  const states = new Set<unknown>()
  for (const rid of accepted.values()) states.add((await system.call(`/v1/sms_codes/${rid}`)).body['status'])
  expect([...states]).toEqual(['sent'])
  sockets.close()
  await balancer.close()
})
