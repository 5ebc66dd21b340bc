import { afterEach, describe, expect, it } from 'vitest'
import { STRICT_DEADLINE } from './system-env.ts'
import { aMobile, startSystem, times, type System } from './system.ts'

let system: System
afterEach(() => system.stop())

const statusOf = async (id: unknown) => (await system.call(`/v1/sms_codes/${String(id)}`)).body['status']
const codesOf = async (mobile: string) => (await system.outbox(mobile)).map(({ code }) => code)

describe('a worker that is killed (SIGKILL)', () => {
  it('while it waits for the answer of the gateway: the message arrives with its code, at most twice', async () => {
    system = await startSystem({ workers: 1 })
    const mobile = aMobile()
    // The gateway accepts the message and never answers.
    await system.fault('accept_hang')
    const { body } = await system.send(mobile)
    await expect.poll(() => codesOf(mobile)).toHaveLength(1)
    await system.workers[0]?.process.kill()
    const killedAt = Date.now()
    await system.startWorker()
    await expect.poll(() => statusOf(body['request_id']), { timeout: 60_000, interval: 200 }).toBe('sent')
    console.log(`message confirmed ${Date.now() - killedAt} ms after the kill`)
    const codes = await codesOf(mobile)
    expect(codes.length).toBeLessThanOrEqual(2)
    expect(new Set(codes).size).toBe(1)
  })

  it('after its claim, before the gateway has accepted anything: the message arrives once', async () => {
    system = await startSystem({ workers: 1 })
    const mobile = aMobile()
    await system.fault('hang')
    await system.send(mobile)
    await expect.poll(() => system.redis.llen('{sms}:sms:active')).toBe(1)
    // The claim is written to the record before the call.
    await expect
      .poll(async () => {
        const [key = ''] = await system.redis.keys('sms:*:code:default')
        return system.redis.hget(key, 'status')
      })
      .toBe('sending')
    await system.workers[0]?.process.kill()
    const killedAt = Date.now()
    await system.startWorker()
    await expect.poll(() => codesOf(mobile), { timeout: 40_000, interval: 100 }).toHaveLength(1)
    console.log(
      `message arrived ${Number((await system.outbox(mobile))[0]?.at) - killedAt} ms after the kill`,
    )
  })

  it('and whose successor is killed with the same message: the message still arrives', async () => {
    system = await startSystem({ workers: 0 })
    const mobile = aMobile()
    await system.fault('hang', 2)
    await system.send(mobile)
    const [record = ''] = await system.redis.keys('sms:*:code:default')
    const claims = async () => Number(await system.redis.hget(record, 'fence'))
    for (let killed = 0; killed < 2; killed++) {
      const before = await claims()
      const worker = await system.startWorker()
      await expect.poll(claims, { timeout: 60_000 }).toBeGreaterThan(before)
      await worker.process.kill()
    }
    await system.startWorker()
    await expect.poll(() => codesOf(mobile), { timeout: 60_000 }).toHaveLength(1)
    await expect.poll(() => system.open()).toBe(0)
    expect(await codesOf(mobile)).toHaveLength(1)
  })

  it('while another worker runs: the other one finishes its messages', async () => {
    system = await startSystem({ workers: 2 })
    await system.fault('accept_hang', 4)
    const mobiles = await times(4, async () => aMobile())
    const sent = await Promise.all(mobiles.map((mobile) => system.send(mobile)))
    for (const mobile of mobiles) await expect.poll(() => codesOf(mobile)).toHaveLength(1)
    await system.workers[0]?.process.kill()
    for (const { body } of sent)
      await expect.poll(() => statusOf(body['request_id']), { timeout: 60_000 }).toBe('sent')
    for (const mobile of mobiles) expect(new Set(await codesOf(mobile)).size).toBe(1)
  })
})

describe('Redis', () => {
  it('that is killed and restarted under load loses no accepted request, and none is sent twice', async () => {
    system = await startSystem({ apis: 2, workers: 2, persistent: true })
    const accepted: { mobile: string; id: unknown }[] = []
    const refused: unknown[] = []
    const going = { on: true }
    const client = async (i: number) => {
      while (going.on) {
        const mobile = aMobile()
        try {
          const { status, body } = await system.send(mobile, system.apis[i % 2]?.url)
          if (body['code'] === '0') accepted.push({ mobile, id: body['request_id'] })
          else refused.push([status, body['code']])
        } catch {
          refused.push('no answer')
        }
      }
    }
    const clients = times(10, client)
    await expect.poll(() => accepted.length).toBeGreaterThan(100)
    await system.restartRedis(500)
    const before = accepted.length
    await expect.poll(() => accepted.length).toBeGreaterThan(before + 100)
    going.on = false
    await clients
    await expect.poll(() => system.open(), { timeout: 60_000 }).toBe(0)
    const outbox = new Map<string, string[]>()
    for (const { to, code } of await system.outbox()) outbox.set(to, [...(outbox.get(to) ?? []), code])
    const lost = accepted.filter(({ mobile }) => !outbox.has(mobile))
    const twice = [...outbox.values()].filter((codes) => codes.length > 1)
    console.log(
      `accepted ${accepted.length}, refused ${refused.length}, lost ${lost.length}, twice ${twice.length}`,
    )
    expect(lost).toEqual([])
    expect(twice).toEqual([])
    expect(refused.every((answer) => JSON.stringify(answer) === '[503,"5000"]')).toBe(true)
  })

  it('that does not answer makes the API answer 503 before Redis answers again', async () => {
    system = await startSystem({ env: STRICT_DEADLINE })
    const mobile = aMobile()
    const query = new URLSearchParams(await system.captcha()).toString()
    const { pid } = system.redisServer()
    process.kill(pid, 'SIGSTOP')
    const answer = await system
      .call(`/sms_codes/${mobile}/?${query}`)
      .finally(() => process.kill(pid, 'SIGCONT'))
    expect(answer).toMatchObject({ status: 503, body: { code: '5000' } })
    // What the API had asked before its deadline is executed by then.
    await system.redis.ping()
    expect(await system.outbox(mobile)).toEqual([])
  })

  it('that refuses writes pauses the worker, and the message arrives when Redis accepts writes again', async () => {
    system = await startSystem()
    const mobile = aMobile()
    await system.fault('refuse', 100)
    await system.send(mobile)
    await expect.poll(() => system.open()).toBe(1)
    await system.redis.config('SET', 'maxmemory', '1mb')
    const pauses = () => system.logs.filter(({ line }) => line.includes('worker paused')).length
    await expect.poll(pauses, { timeout: 30_000 }).toBeGreaterThan(0)
    await system.resetSimulator()
    await system.redis.config('SET', 'maxmemory', '0')
    await expect.poll(() => codesOf(mobile), { timeout: 30_000 }).toHaveLength(1)
    await expect.poll(() => system.open(), { timeout: 30_000 }).toBe(0)
    expect(await codesOf(mobile)).toHaveLength(1)
  })

  it('that is down makes the API and the worker report not ready until it is back', async () => {
    system = await startSystem({ persistent: true })
    const ready = async (url = '') => (await fetch(`${url}/readyz`)).status
    const urls = [system.apis[0]?.opsUrl, system.workers[0]?.opsUrl]
    await system.redisServer().kill()
    await expect.poll(() => Promise.all(urls.map(ready)), { interval: 100 }).toEqual([503, 503])
    await system.restartRedis()
    await expect.poll(() => Promise.all(urls.map(ready))).toEqual([200, 200])
    const mobile = aMobile()
    // The connection that adds jobs may come back up to a second after the one that `/readyz` uses.
    await expect.poll(async () => (await system.send(mobile)).body['code']).toBe('0')
    await expect.poll(() => codesOf(mobile)).toHaveLength(1)
  })
})

describe('a gateway', () => {
  it.each([
    ['refuses every connection for a while', 'refuse', 3],
    ['answers 503 for a while', 'http_503', 2],
    ['answers HTML', 'html', 1],
    ['resets the connection after it accepted the message', 'accept_rst', 1],
    ['cuts its answer in half', 'half_body', 1],
    ['is busy', '160016', 1],
  ])('that %s: one message arrives in the end', async (_what, fault, count) => {
    system = await startSystem()
    const mobile = aMobile()
    await system.fault(fault, count)
    const { body } = await system.send(mobile)
    await expect.poll(() => statusOf(body['request_id']), { timeout: 30_000 }).toBe('sent')
    expect(await codesOf(mobile)).toHaveLength(1)
  })

  it('that refuses the number fails the request, and the phone may request another code at once', async () => {
    system = await startSystem()
    const mobile = aMobile()
    await system.fault('160042')
    const { body } = await system.send(mobile)
    await expect.poll(() => statusOf(body['request_id'])).toBe('failed')
    expect(await codesOf(mobile)).toEqual([])
    expect((await system.send(mobile)).body['code']).toBe('0')
  })

  it('that finds a wrong signature answers 111109, and nothing is sent', async () => {
    system = await startSystem({ workers: 0 })
    await system.startWorker({ CCP_AUTH_TOKEN: '0'.repeat(32) })
    const mobile = aMobile()
    await system.send(mobile)
    await expect
      .poll(() => system.logs.some(({ app, line }) => app === 'worker' && line.includes('111109')))
      .toBe(true)
    expect(await codesOf(mobile)).toEqual([])
  })
})

describe('a stop (SIGTERM)', () => {
  it('of a worker lets it finish its current message, which is sent once', async () => {
    system = await startSystem({ policy: { gateway_deadline: '8s' } })
    const mobile = aMobile()
    await system.fault('accept', 1, 6_000)
    const { body } = await system.send(mobile)
    await expect.poll(() => system.redis.llen('{sms}:sms:active')).toBe(1)
    expect(await system.workers[0]?.process.stop(20_000)).toEqual({ code: 0, signal: null })
    expect(await statusOf(body['request_id'])).toBe('sent')
    expect(await codesOf(mobile)).toHaveLength(1)
  })

  it('of the API ends it with exit code 0', async () => {
    system = await startSystem()
    await system.send(aMobile())
    expect(await system.apis[0]?.process.stop()).toEqual({ code: 0, signal: null })
  })
})
