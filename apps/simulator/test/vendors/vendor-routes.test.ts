// Plays every fault on every gateway and checks the caller's view and whether the message was accepted.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EVERY_GATEWAY } from '../every-gateway.ts'
import { errorCodeOf } from '../error-code.ts'
import { aliyunRpc } from '../requests/aliyun.ts'
import { tencentRequest } from '../requests/tencent.ts'
import { twilioList } from '../requests/twilio.ts'
import { startSimulator, textLike, type Simulator } from '../running-simulator.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(() => simulator.close())
beforeEach(() => simulator.reset())

describe.each(EVERY_GATEWAY)('$gateway', ({ gateway, request, accepted, refusals, unreadable }) => {
  const script = (fault: string, more: Record<string, unknown> = {}) =>
    simulator.post('/_sim/script', { gateway, fault, ...more })

  async function expectAccepted(count: number) {
    await expect.poll(() => simulator.outbox(), { timeout: 10_000 }).toHaveLength(count)
  }

  test.each([
    { fault: 'html', status: 200, body: /<h1>200<\/h1>/ },
    { fault: 'empty', status: 200, body: /^$/ },
    { fault: 'redirect', status: 302, body: /^$/ },
    { fault: 'http_429', status: 429, body: /html/ },
    { fault: 'http_500', status: 500, body: /html/ },
    { fault: 'http_502', status: 502, body: /html/ },
    { fault: 'http_503', status: 503, body: /html/ },
    ...refusals,
  ])('$fault answers $status and accepts nothing', async ({ fault, status, body }) => {
    await script(fault)
    const answer = await simulator.request(request())
    expect(answer.status).toBe(status)
    expect(answer.body).toMatch(body)
    expect(await simulator.outbox()).toEqual([])
    expect((await simulator.request(request())).status).toBe(accepted.status)
  })

  test.each([
    ['accept', 0],
    ['huge_body', 50 * 1024 * 1024],
  ])('%s accepts the message and gives the usual answer', async (fault, bytes) => {
    await script(fault, { delay_ms: 10 })
    const answer = await simulator.request(request())
    expect(answer.status).toBe(accepted.status)
    expect(answer.body.trimEnd()).toMatch(accepted.body)
    expect(answer.body.length).toBeGreaterThan(bytes)
    await expectAccepted(1)
  })

  test.each([
    ['rst', 0],
    ['refuse', 0],
    ['down', 0],
    ['accept_rst', 1],
    ['half_body', 1],
  ])('%s breaks the connection with %i messages accepted', async (fault, count) => {
    await script(fault)
    expect(await errorCodeOf(simulator.request(request()))).toBe('ECONNRESET')
    await expectAccepted(count)
  })

  test.each([
    ['hang', 0],
    ['accept_hang', 1],
    ['slow_drip', 1],
  ])('%s leaves the caller waiting with %i messages accepted', async (fault, count) => {
    await script(fault)
    const hangUp = new AbortController()
    const waiting = errorCodeOf(simulator.request(request(), hangUp.signal))
    await expect.poll(() => simulator.get('/_sim/script')).toEqual({ pending: [] })
    await expectAccepted(count)
    hangUp.abort()
    expect(await waiting).toEqual(textLike(/^(ABORT_ERR|ECONNRESET)$/))
  })

  test('a body of two megabytes gets an error of the vendor', async () => {
    const answer = await simulator.request({ ...request(), body: 'x'.repeat(2_000_000) })
    expect([answer.status, answer.body]).toEqual([unreadable.status, textLike(unreadable.body)])
  })

  test('a fault of another gateway has no effect', async () => {
    for (const other of EVERY_GATEWAY) {
      if (other.gateway !== gateway) {
        await simulator.post('/_sim/script', { gateway: other.gateway, fault: 'down', times: 0 })
      }
    }
    const answer = await simulator.request(request())
    expect([answer.status, answer.body]).toEqual([accepted.status, textLike(accepted.body)])
  })

  test('a standing fault is played until it is cleared', async () => {
    await script('down', { times: 0 })
    await script('http_503')
    for (let i = 0; i < 3; i += 1) expect(await errorCodeOf(simulator.request(request()))).toBe('ECONNRESET')
    const cleared = await simulator.post('/_sim/script/clear', { gateway })
    expect(cleared).toEqual({ status: 200, json: { pending: [] } })
    expect((await simulator.request(request())).status).toBe(accepted.status)
  })
})

describe('a look-up', () => {
  const lookUps = [
    ['aliyun', aliyunRpc({ action: 'QuerySendDetails', params: {} })],
    ['tencent', tencentRequest({ action: 'DescribeSendRecordList', fields: {} })],
    ['twilio', twilioList('')],
  ] as const

  test.each(lookUps)('to %s does not use up a counted fault', async (gateway, lookUp) => {
    await simulator.post('/_sim/script', { gateway, fault: 'http_500' })
    expect((await simulator.request(lookUp)).status).not.toBe(500)
    expect(await simulator.get('/_sim/script')).toMatchObject({ pending: [{ left: 1 }] })
  })

  test.each(lookUps)('to %s gets a standing fault', async (gateway, lookUp) => {
    await simulator.post('/_sim/script', { gateway, fault: 'http_500', times: 0 })
    expect((await simulator.request(lookUp)).status).toBe(500)
  })
})
