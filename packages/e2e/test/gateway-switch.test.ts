import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readProcesses } from '@sms-codes/core/process/heartbeat'
import { ops as opsOf } from './ops.ts'
import { aMobile, startSystem, times, type System } from './system.ts'

const QUICK = 'quick'
let system: System
beforeAll(async () => {
  const env = { SMS_GATEWAYS: 'ccp,aliyun', SIMULATOR_VENDOR_LIMITS: 'off' }
  const policy = { scenes: { default: {}, [QUICK]: { send_within: '10s' } } }
  system = await startSystem({ workers: 2, board: true, env, policy })
})
afterAll(() => system.stop())

const ops = (...args: string[]) => opsOf(system, ...args)

const metricsOf = async ({ opsUrl }: { opsUrl: string }) => (await fetch(`${opsUrl}/metrics`)).text()
/** The sum of a worker metric over both workers. */
async function sum(series: RegExp): Promise<number> {
  const all = await Promise.all(system.workers.map(metricsOf))
  const values = all.flatMap((text) => text.split('\n').filter((line) => series.test(line)))
  return values.reduce((total, line) => total + Number(line.split(' ').at(-1)), 0)
}
const workersThatSkip = (gateway: string) => sum(new RegExp(`^sms_gateway_off\\{gateway="${gateway}"`))
const skips = (gateway: string) =>
  sum(new RegExp(`^sms_gateway_skips_total\\{gateway="${gateway}",reason="switched_off"`))
const calls = (gateway: string) => sum(new RegExp(`^sms_gateway_calls_total\\{.*gateway="${gateway}"`))
const openBreakers = () => sum(/^sms_breaker_open\{/)

/** Sends to ten numbers, and returns the gateways that delivered the messages. */
async function gatewaysOfTen(): Promise<string[]> {
  const mobiles = await times(10, async () => {
    const mobile = aMobile()
    expect((await system.send(mobile)).status).toBe(200)
    return mobile
  })
  for (const mobile of mobiles) await expect.poll(() => system.outbox(mobile)).toHaveLength(1)
  const messages = await Promise.all(mobiles.map((mobile) => system.outbox(mobile)))
  return [...new Set(messages.flat().map(({ gateway }) => gateway))]
}
const changesIn = (text: string) => system.logs.filter(({ line }) => line.includes(text)).length

describe('a gateway that an operator switches off', () => {
  it('is skipped by all workers, which is no call and opens no breaker, until it is switched on', async () => {
    expect(await gatewaysOfTen()).toEqual(['ccp'])
    const before = await calls('ccp')
    expect(await ops('gateway', 'off', 'ccp', '--reason', 'a drill')).toMatch(/^off: ccp, without an end/)
    await expect.poll(() => workersThatSkip('ccp')).toBe(2)
    expect(await gatewaysOfTen()).toEqual(['aliyun'])
    expect(await skips('ccp')).toBe(10)
    expect(await calls('ccp')).toBe(before)
    expect(await openBreakers()).toBe(0)
    expect(await ops('gateway')).toMatch(/^ccp +OFF without an end +2$/m)

    await ops('gateway', 'on', 'ccp')
    await expect.poll(() => workersThatSkip('ccp')).toBe(0)
    expect(await gatewaysOfTen()).toEqual(['ccp'])
    expect(changesIn('gateway switched off by an operator')).toBe(2)
    expect(changesIn('gateway switched on again')).toBe(2)
    expect(await ops('audit')).toMatch(/gateway on +operator +ccp\n.*gateway off +operator +ccp +a drill$/m)
  })

  it('is on again by itself after the time of --for', async () => {
    await ops('gateway', 'off', 'ccp', '--for', '20s')
    await expect.poll(() => workersThatSkip('ccp')).toBe(2)
    await expect.poll(() => workersThatSkip('ccp')).toBe(0)
    expect(await gatewaysOfTen()).toEqual(['ccp'])
  })
})

describe('while all gateways are switched off', { timeout: 150_000 }, () => {
  it('messages wait or are late, and the API refuses sends until a gateway is on again', async () => {
    await ops('gateway', 'off', 'ccp')
    expect(await ops('gateway', 'off', 'aliyun')).toMatch(/No gateway is left: messages wait/)
    await expect.poll(() => workersThatSkip('aliyun')).toBe(2)
    const accepted: string[] = []
    const late = aMobile()
    const quick = { mobile: late, scene: QUICK, ...(await system.captcha()) }
    expect((await system.post('/v1/sms_codes', quick)).status).toBe(202)
    async function isRefused(): Promise<boolean> {
      const mobile = aMobile()
      const { status, body } = await system.send(mobile)
      if (status === 200) accepted.push(mobile)
      return status === 503 && body['code'] === '5000' && body['errmsg'] === '服务暂不可用'
    }
    await expect.poll(isRefused, { timeout: 40_000, interval: 500 }).toBe(true)
    const ended = () => sum(/^sms_sends_ended_total\{status="failed",by="late"/)
    await expect.poll(ended, { timeout: 30_000 }).toBe(1)
    expect(await system.outbox()).not.toContainEqual(expect.objectContaining({ to: late }))
    expect(await openBreakers()).toBe(0)

    await ops('gateway', 'on', 'aliyun')
    await expect.poll(async () => !(await isRefused()), { timeout: 60_000, interval: 500 }).toBe(true)
    for (const mobile of accepted)
      await expect.poll(() => system.outbox(mobile), { timeout: 40_000 }).toHaveLength(1)
    expect(await system.outbox(late)).toEqual([])
    await ops('gateway', 'on', 'ccp')
  })
})

describe('the running processes', () => {
  const running = async () => (await readProcesses(system.redis)).map(({ app }) => app)
  const policies = async () => {
    const [api] = system.apis
    return api === undefined ? '' : /^sms_policies\{.*\} (\d+)$/m.exec(await metricsOf(api))?.[1]
  }

  it('are known with their gateways; a process with another policy is counted, and is gone when it stops', async () => {
    expect(await running()).toEqual(['api', 'board', 'worker', 'worker'])
    const [api, board, worker] = await readProcesses(system.redis)
    expect(worker).toMatchObject({ gateways: ['ccp', 'aliyun'], keys: api?.keys })
    expect([worker?.policy['codes'], board?.policy['codes']]).toEqual([
      api?.policy['codes'],
      api?.policy['codes'],
    ])
    await expect.poll(policies).toBe('1')
    const other = await system.startWorker({}, { codes: { sends: ['9/60s'] } })
    await expect.poll(policies).toBe('2')
    expect(await ops('config')).toMatch(/^worker .* codes$/m)
    await other.process.stop()
    expect(await running()).toEqual(['api', 'board', 'worker', 'worker'])
    await expect.poll(policies).toBe('1')
  })

  it('a process that is killed is gone after some seconds', async () => {
    await system.workers[0]?.process.kill()
    expect(await running()).toContain('worker')
    await expect.poll(running, { timeout: 30_000 }).toEqual(['api', 'board', 'worker'])
  })
})
