import { afterAll, beforeAll, expect, it } from 'vitest'
import { STRICT_DEADLINE } from './system-env.ts'
import { aMobile, startSystem, type System } from './system.ts'

const REQUESTS = 1_000
const GATEWAYS = ['ccp', 'aliyun', 'tencent', 'twilio'] as const
/** Faults after which the worker cannot know whether the gateway accepted the message. It accepts the first four. */
const AMBIGUOUS = ['accept_rst', 'accept_hang', 'half_body', 'slow_drip', 'rst', 'html', 'empty', 'http_503']
const ONE_IN = 10
const AT_ONCE = 40

let system: System
beforeAll(async () => {
  system = await startSystem({
    apis: 2,
    workers: 2,
    receipts: true,
    env: {
      ...STRICT_DEADLINE,
      SMS_GATEWAYS: GATEWAYS.join(','),
    },
    policy: {
      gateways: Object.fromEntries(GATEWAYS.map((name) => [name, { weight: 1 }])),
      // Shorter than the default, because many calls of this test run into the deadline.
      gateway_deadline: '2s',
    },
  })
})
afterAll(() => system.stop())

/** Makes every tenth call of every gateway fail with the next of the faults. */
async function scriptFaults(): Promise<number> {
  const each = Math.ceil((REQUESTS * 2) / GATEWAYS.length / ONE_IN)
  for (const gateway of GATEWAYS)
    for (let i = 0; i < each; i++) {
      await system.fault('accept', ONE_IN - 1, 0, gateway)
      await system.fault(AMBIGUOUS[i % AMBIGUOUS.length] ?? 'rst', 1, 0, gateway)
    }
  return each
}

it(`${REQUESTS} requests with an ambiguous fault in every ${ONE_IN}th call all end, and a phone gets two messages only after an ambiguous call`, async () => {
  await scriptFaults()
  const requests = new Map<string, string>()
  const todo = Array.from({ length: REQUESTS }, aMobile)
  const client = async (i: number) => {
    for (let mobile = todo.pop(); mobile !== undefined; mobile = todo.pop()) {
      const { body } = await system.send(mobile, system.apis[i % 2]?.url)
      expect(body).toMatchObject({ code: '0' })
      requests.set(mobile, String(body['request_id']))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, (_, i) => client(i)))
  await expect.poll(() => system.open(), { timeout: 100_000, interval: 500 }).toBe(0)

  const statuses = new Map<string, number>()
  for (const id of requests.values()) {
    const { body } = await system.call(`/v1/sms_codes/${id}`)
    statuses.set(String(body['status']), (statuses.get(String(body['status'])) ?? 0) + 1)
  }
  const messages = new Map<string, { code: string; gateway: string }[]>()
  for (const message of await system.outbox())
    messages.set(message.to, [...(messages.get(message.to) ?? []), message])
  const doubted = new Map<string, number>()
  for (const { app, line } of system.logs) {
    if (app !== 'worker' || !line.includes('"class":"ambiguous"')) continue
    const [, rid = ''] = /"rid":"([^"]+)"/.exec(line) ?? []
    doubted.set(rid, (doubted.get(rid) ?? 0) + 1)
  }
  const twice = [...requests].filter(([mobile]) => (messages.get(mobile)?.length ?? 0) > 1)
  console.log(
    [
      '',
      `requests              ${requests.size}`,
      ...[...statuses].map(([status, count]) => `  ${status.padEnd(19)} ${count}`),
      `ambiguous calls       ${[...doubted.values()].reduce((sum, n) => sum + n, 0)}, of ${doubted.size} requests`,
      ...GATEWAYS.map((name) => {
        const count = [...messages.values()].flat().filter(({ gateway }) => gateway === name).length
        return `messages by ${name.padEnd(9)} ${count}`
      }),
      `two messages          ${twice.length}`,
      `no message            ${[...requests.keys()].filter((mobile) => !messages.has(mobile)).length}`,
    ].join('\n'),
  )

  expect([...statuses.keys()].filter((status) => !/^(sent|delivered|failed)$/.test(status))).toEqual([])
  expect(doubted.size).toBeGreaterThan(REQUESTS / ONE_IN / 2)
  for (const [mobile, rid] of twice) {
    const got = messages.get(mobile) ?? []
    expect(got).toHaveLength(2)
    expect(new Set(got.map(({ code }) => code)).size).toBe(1)
    expect(doubted.has(rid)).toBe(true)
  }
  // Only a request whose calls stayed ambiguous until its time was over may end without a message. These are few, because
  // the worker tries once more: the gateways accept half of the ambiguous calls.
  const none = [...requests].filter(([mobile]) => !messages.has(mobile))
  for (const [, rid] of none) expect(doubted.get(rid) ?? 0).toBeGreaterThan(0)
  expect(none.length).toBeLessThan(doubted.size / 10)
})
