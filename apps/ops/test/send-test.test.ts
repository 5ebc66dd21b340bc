import { afterEach, beforeEach, expect, test } from 'vitest'
import { createCounters } from '@sms-codes/core/limits/counters'
import { keys } from '@sms-codes/core/redis/keys'
import { sealedMessage } from '@sms-codes/core/codes/sealed-message'
import { createSendLedger } from '@sms-codes/core/codes/send-ledger'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { aMobile, expectFailure, startOps, type RunningOps } from './ops.ts'

let ops: RunningOps
beforeEach(async () => {
  ops = await startOps()
})
afterEach(() => ops.stop())

const send = (mobile: string, env = {}) => ops.run(['send-test', mobile, '--wait', '1s'], { env })
const budgetUsed = async () => {
  const [hour] = await createCounters(ops.redis).room({
    key: keys.budget,
    windows: [{ most: 1, seconds: 3_600 }],
  })
  return hour?.used
}
const jobs = () => ops.redis.llen('{sms}:sms:wait')
const BUDGET = { POLICY_FILE: policyFile({ budget: { messages: ['1/1h'] } }) }

test('without a worker a message is queued once, counted once, and reported as not sent', async () => {
  const mobile = aMobile()
  const sent = await send(mobile, BUDGET)
  expect(sent.stderr).toMatch(/not sent in time: still queued. Check the queues \("status"\)/)
  expect(sent.code).toBe(1)
  expect([await jobs(), await budgetUsed()]).toEqual([1, 1])
  expect(await ops.dump()).not.toContain(mobile)
})

test('a spent budget refuses the send, and no code is issued', async () => {
  await send(aMobile(), BUDGET)
  const refused = await send(aMobile(), BUDGET)
  expect(refused.stderr).toMatch(/the budget .*is spent; try again in 60 min/)
  expect(refused.code).toBe(1)
  expect([await jobs(), await budgetUsed(), (await ops.redis.keys('*:code:*')).length]).toEqual([1, 1, 1])
  const { stdout } = await ops.run(['status'], { env: BUDGET })
  expect(stdout).toMatch(/^messages per 60 min +1 +1 +0$/m)
})

test('the rate limit of the phone refuses the send, and the budget is given back', async () => {
  const mobile = aMobile()
  await ops.codes.issue(mobile, 'default')
  expectFailure(await send(mobile, BUDGET), /rate limit reached \(60 s\); try again in/)
  expect([await jobs(), await budgetUsed()]).toEqual([0, 0])
})

test('nothing is sent to a blocked phone or a test number', async () => {
  const mobile = aMobile()
  await ops.run(['block', '--mobile', mobile, '--yes'])
  expect((await send(mobile)).stderr).toMatch(/on the deny list/)
  const test1 = aMobile()
  const numbers = [{ mobile: `+86${test1}`, code: '123456', until: '2999-01-01' }]
  const env = { POLICY_FILE: policyFile({ test_numbers: { numbers } }) }
  expect((await send(aMobile(), env)).stderr).toMatch(/not sent in time/)
  expect((await send(test1, env)).stderr).toMatch(/test_numbers/)
  expect(await jobs()).toBe(1)
})

test('send-test prints the request id first, and request explains it', async () => {
  const mobile = aMobile()
  const sent = await send(mobile)
  const [, id = ''] = /^request (\S+)\n137\*{4}\d{4}, scene default: new code, /.exec(sent.stdout) ?? []
  expect((await ops.run(['request', id])).stdout).toContain(`request ${id}\nscene default, send 1, `)
})

test('a failed message is reported with its reason, and an erased record is reported too', async () => {
  const settle = async (mobile: string) => {
    const key = keys.code(ops.keyring.pseudonym(mobile), 'default')
    await expect.poll(() => ops.redis.hget(key, 'rid')).not.toBeNull()
    const rid = (await ops.redis.hget(key, 'rid')) ?? ''
    const ledger = createSendLedger(ops.redis, ops.keyring)
    await ledger.settleUnclaimed({ rid, scene: 'default', n: 1 }, { status: 'failed', reason: 'number' })
  }
  const [first, second] = [aMobile(), aMobile()]
  const failing = ops.run(['send-test', first])
  await settle(first)
  const failed = await failing
  expect(failed.stdout).toMatch(/failed +sms\n$/)
  expectFailure(failed, /the message failed: number/)

  const following = ops.run(['send-test', second])
  await expect.poll(jobs).toBe(2)
  await ops.run(['erase', second, '--yes'])
  expectFailure(await following, /perhaps it was erased/)
})

test('no output contains the code', async () => {
  const mobile = aMobile()
  const sent = await send(mobile)
  const key = keys.code(ops.keyring.pseudonym(mobile), 'default')
  const [rid = '', sealed = ''] = await ops.redis.hmget(key, 'rid', 'sealed')
  const code = sealedMessage.open(ops.keyring, rid ?? '', sealed ?? '')?.code ?? ''
  expect(code).toMatch(/^[0-9]{6}$/)
  const [looked, figures] = [await ops.run(['phone', mobile]), await ops.run(['status', '--json'])]
  for (const { all } of [sent, looked, figures])
    expect(all).not.toMatch(new RegExp(`(?<![0-9])${code}(?![0-9])`))
  expect(figures.all).not.toContain(rid)
})
