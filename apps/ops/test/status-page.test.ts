import { rmSync } from 'node:fs'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTraffic } from '@sms-codes/core/history/traffic'
import { switchOff, switchOn } from '@sms-codes/core/limits/gateways-off'
import { createLogger } from '@sms-codes/core/logger'
import { startHeartbeat } from '@sms-codes/core/process/heartbeat'
import { toKeyOf } from '@sms-codes/core/queues/queue-options'
import { keys } from '@sms-codes/core/redis/keys'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { startRedis } from '@sms-codes/launcher/redis'
import { aMobile, startOps, type RunningOps } from './ops.ts'

let ops: RunningOps
beforeAll(async () => {
  ops = await startOps()
})
afterAll(() => ops.stop())

/** The page of `status`, with every fault in one line. Checks that no line is too long. */
async function page(settings: object = {}): Promise<string> {
  const { stdout } = await ops.run(['status'], { env: { POLICY_FILE: policyFile(settings) } })
  expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([])
  return stdout.replaceAll(/\n {8}(?! )/g, ' ')
}

test('status shows both budgets with their units, and that one is used up', async () => {
  const budget = { messages: ['3/1h'], cents: ['100/1d'], message_cents: 5 }
  for (let n = 0; n < 3; n += 1)
    await ops.run(['send-test', aMobile(), '--wait', '1s'], { env: { POLICY_FILE: policyFile({ budget }) } })
  const text = await page({ budget })
  expect(text).toMatch(/^messages per 60 min +3 +3 +0$/m)
  expect(text).toMatch(/^cents per 24 h +100 +15 +85$/m)
  expect(text).toMatch(/^FAULT +the budget of 3 messages per 60 min is used up, so the API refuses sends/m)
  expect(await page()).toContain('budget not set')
})

test('status names a gateway whose last answer shows a wrong account, until it accepts a message', async () => {
  const traffic = createTraffic(ops.redis, createLogger('test', 'silent'))
  traffic.answered('ccp', 'accepted', '000000')
  await traffic.flush()
  expect(await page()).toMatch(/^ccp +on +\d s ago +\d s ago +accepted +000000$/m)
  traffic.answered('ccp', 'config', '160031')
  await traffic.flush()
  const refused = await page()
  expect(refused).toMatch(/^ccp +on +\d s ago +\d s ago +config +160031$/m)
  expect(refused).toMatch(/^FAULT +ccp refuses messages \(config 160031, \d s ago\): correct its account/m)
  traffic.answered('ccp', 'accepted', '000000')
  await traffic.flush()
  expect(await page()).not.toContain('ccp refuses messages')
})

/** The faults about gateways while one worker calls ccp, aliyun and tencent, with these newest answers. */
async function gatewayFaults(answers: Record<string, [cls: string, code: string]>): Promise<string[]> {
  const log = createLogger('test', 'silent')
  const worker = { app: 'worker', version: '1', policy: {}, keys: {} } as const
  const gateways = ['ccp', 'aliyun', 'tencent']
  const heartbeat = await startHeartbeat(ops.redis, { ...worker, gateways }, log)
  const traffic = createTraffic(ops.redis, log)
  await ops.redis.del(keys.lastAnswers)
  for (const [gateway, [cls, code]] of Object.entries(answers)) traffic.answered(gateway, cls, code)
  await traffic.flush()
  const text = await page()
  await heartbeat.stop()
  return text.split('\n').filter((line) => /^FAULT.*(ccp|aliyun|tencent)/.test(line))
}

test('status names each gateway that fails, and advises to switch one off only if another is left', async () => {
  const account: [string, string] = ['config', '160014']
  const all = await gatewayFaults({
    tencent: ['ambiguous', 'ECONNRESET'],
    aliyun: ['switch_now', 'HTTP_503'],
    ccp: account,
  })
  expect(all.toSorted()).toEqual([
    expect.stringMatching(/aliyun has accepted no message since .*\(switch_now HTTP_503, \d s ago\): check/),
    expect.stringMatching(/ccp refuses messages .*: correct its account, key or balance \(docs\S+\)$/),
    expect.stringMatching(
      /tencent has accepted no message since .*\(ambiguous ECONNRESET, \d s ago\): check/,
    ),
  ])
  const others: [string, string][] = [
    ['accepted', 'OK'],
    ['number', 'x'],
  ]
  for (const tencent of others) {
    const [fault, ...more] = await gatewayFaults({ tencent, aliyun: account, ccp: account })
    expect(fault).toMatch(/, or "gateway off (ccp|aliyun)"$/)
    expect(more).toHaveLength(1)
  }
  await switchOff(ops.redis, 'tencent', 0)
  const [fault] = await gatewayFaults({ tencent: ['accepted', 'OK'], aliyun: account, ccp: account })
  expect(fault).not.toContain('gateway off')
  await switchOn(ops.redis, 'tencent')
})

test('status names HTTPS_PROXY once, and not the gateways, if the proxy does not connect to them', async () => {
  const answer: [string, string] = ['switch_now', 'PROXY_ECONNREFUSED']
  expect(await gatewayFaults({ ccp: answer, aliyun: answer, tencent: answer })).toEqual([
    expect.stringMatching(
      /^FAULT +the HTTP proxy does not connect to \w+, \w+, \w+ \(PROXY_ECONNREFUSED, \d s ago\): check HTTPS_PROXY/,
    ),
  ])
})

test('status replaces the control characters in the code of a vendor', async () => {
  const traffic = createTraffic(ops.redis, createLogger('test', 'silent'))
  traffic.answered('aliyun', 'config', 'a\u001B[2Jb')
  await traffic.flush()
  const text = await page()
  expect(text).toMatch(/^aliyun .* config +a\?\[2Jb$/m)
  expect(text).toContain('aliyun refuses messages (config a?[2Jb, ')
  expect(text).not.toContain('\u001B')
})

test('status says that nothing is sent only if every SMS queue is paused', async () => {
  const effectOf = async (...queues: string[]) => {
    const metas = queues.map((queue) => toKeyOf(queue)('meta'))
    for (const meta of metas) await ops.redis.hset(meta, 'paused', '1')
    const text = await page({ queues: { shards: 2 } })
    await ops.redis.del(metas)
    return /^FAULT +paused: (.*); "resume" ends the pause$/m.exec(text)?.[1]
  }
  expect(await effectOf('events')).toBe('events. The jobs of these queues wait')
  expect(await effectOf('sms-0', 'email')).toBe('sms-0, email. The jobs of these queues wait')
  // The queue without a shard has jobs of another test.
  const all = ['sms-0', 'sms-1', 'sms']
  expect(await effectOf(...all)).toBe(`${all.join(', ')}. Nothing is sent and the API refuses sends`)
})

test('status says that a rotation of CODE_KEYS needs no restart', async () => {
  for (const [id, prints] of Object.entries({ a: { k1: 'x' }, b: { k1: 'x' }, c: { k1: 'x', k2: 'y' } })) {
    const own = Object.fromEntries(Object.entries(prints).map(([kid, print]) => [`CODE_KEYS ${kid}`, print]))
    const about = {
      id,
      app: 'worker',
      host: 'host',
      pid: 1,
      version: '1',
      gateways: [],
      policy: {},
      keys: own,
    }
    const entry = { ...about, startedAt: Date.now(), seenAt: Date.now() }
    await ops.redis.hset(keys.processes, id, JSON.stringify(entry))
  }
  expect(await page()).toMatch(
    /^FAULT +worker host 1 has other keys than the others \(CODE_KEYS k2\): restart it with their keys, unless a rollout is under way, as in a rotation of CODE_KEYS$/m,
  )
  await ops.redis.del(keys.processes)
})

test('status shows the sends of the last minutes by outcome and reason, the most frequent first', async () => {
  const traffic = createTraffic(ops.redis, createLogger('test', 'silent'))
  const reasons = ['late', 'number', 'number', 'ambiguous', 'undelivered', 'unreadable', 'job_failed']
  for (const reason of reasons) traffic.count('failed', 'default', reason)
  traffic.count('accepted', 'login', '')
  traffic.count('verified', 'login', '')
  await traffic.flush()
  const text = await page()
  expect(text).toMatch(/^failed +7 +number 2, (\w+ 1, ){3}2 more$/m)
  expect(text).toMatch(/^accepted +1 +login 1$/m)
  expect(text).toMatch(/^verified +1 +unknown 1$/m)
  expect(text).toMatch(/^sent +0$/m)
})

test('status shows the replicas of Redis and their lag, and a fault while its disk or its append-only file fails', async () => {
  const [appendOnly, replica] = [await startRedis({ persistent: true }), await startRedis()]
  const [primary, other] = [new Redis(appendOnly.url), new Redis(replica.url)]
  const env = { REDIS_URL: appendOnly.url }
  const faulty = async () => (await ops.run(['status'], { env })).stdout
  expect(await faulty()).toMatch(/^127\.0\.0\.1:\d+ .* on +\d+ s ago +none$/m)
  expect(await faulty()).not.toContain('append-only')
  await other.replicaof('127.0.0.1', appendOnly.port)
  await expect.poll(faulty).toMatch(/^127\.0\.0\.1:\d+ .* on +\d+ s ago +1, lag \d s$/m)
  rmSync(appendOnly.dir, { recursive: true })
  await primary.bgsave()
  await expect.poll(faulty).toContain('could not write its snapshot: check its disk')
  await primary.bgrewriteaof().catch(() => {})
  await expect.poll(faulty).toContain('could not write its append-only file: check its disk')
  for (const client of [primary, other]) client.disconnect()
  await Promise.all([appendOnly.stop(), replica.stop()])
})
