import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { readAudit } from '@sms-codes/core/limits/audit'
import { readGatewaysOff } from '@sms-codes/core/limits/gateways-off'
import { createLogger } from '@sms-codes/core/logger'
import { startHeartbeat } from '@sms-codes/core/process/heartbeat'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { expectFailure, startOps, type RunningOps } from './ops.ts'

const address = { base_url: 'https://gateway.example' }
const env = { POLICY_FILE: policyFile({ gateways: { ccp: address, aliyun: address } }) }
let ops: RunningOps
beforeAll(async () => {
  ops = await startOps(env)
})
beforeEach(() => ops.redis.flushall())
afterAll(() => ops.stop())

const off = async () => Object.fromEntries(await readGatewaysOff(ops.redis))

test('gateway off has no end without --for and says so, and gateway on ends it', async () => {
  const said = await ops.run(['gateway', 'off', 'ccp', '--reason', 'ticket 17'])
  expect(said).toMatchObject({ code: 0, stdout: 'off: ccp, without an end: "gateway on ccp" ends it\n' })
  expect(await off()).toEqual({ ccp: 0 })
  expect((await ops.run(['gateway'])).stdout).toMatch(/^ccp +OFF without an end +0\naliyun +on +0$/m)
  expect(await ops.run(['gateway', 'on', 'ccp'])).toMatchObject({ code: 0, stdout: 'on: ccp\n' })
  expect(await off()).toEqual({})
  expectFailure(await ops.run(['gateway', 'on', 'ccp']), /ccp is not switched off/)
  expect(await readAudit(ops.redis, 9)).toEqual([
    { what: 'operator', act: 'gateway on', entry: 'ccp', reason: '' },
    { what: 'operator', act: 'gateway off', entry: 'ccp', reason: 'ticket 17' },
  ])
})

test('gateway off --for has an end, and the list shows it', async () => {
  const said = await ops.run(['gateway', 'off', 'ccp', '--for', '30m'])
  expect(said).toMatchObject({ code: 0, stdout: 'off: ccp, for 30m\n' })
  const { ccp = 0 } = await off()
  expect(Math.abs(ccp - Date.now() - 1_800_000)).toBeLessThan(60_000)
  expect((await ops.run(['gateway'])).stdout).toMatch(/^ccp +OFF until 20\S+Z +0$/m)
})

test('gateway off of the last gateway warns that messages wait', async () => {
  expect((await ops.run(['gateway', 'off', 'ccp'])).stdout).not.toMatch(/No gateway is left/)
  expect((await ops.run(['gateway', 'off', 'aliyun'])).stdout).toMatch(/No gateway is left: messages wait/)
})

test('gateways that no running worker uses are no gateways that are left', async () => {
  const told = { version: '1', policy: {}, keys: {} }
  const worker = { ...told, app: 'worker' as const, gateways: ['ccp'] }
  const heartbeat = await startHeartbeat(ops.redis, worker, createLogger('test', 'silent'))
  expect((await ops.run(['gateway', 'off', 'aliyun'])).stdout).not.toMatch(/No gateway is left/)
  await ops.run(['gateway', 'on', 'aliyun'])
  expect((await ops.run(['gateway', 'off', 'ccp'])).stdout).toMatch(/No gateway is left/)
  await heartbeat.stop()
})

test('an unknown gateway is refused with the known names, those of running workers included', async () => {
  const told = { version: '1', policy: {}, keys: {} }
  const log = createLogger('test', 'silent')
  const worker = { ...told, app: 'worker' as const, gateways: ['console'] }
  const heartbeat = await startHeartbeat(ops.redis, worker, log)
  const { code, stderr } = await ops.run(['gateway', 'off', 'tencent'])
  expect(code).toBe(2)
  expect(stderr).toMatch(/not a gateway; the gateways are ccp, aliyun, console/)
  expect((await ops.run(['gateway', 'off', 'console'])).code).toBe(0)
  await heartbeat.stop()
  // A gateway that is off can be switched on although no policy and no worker has it any more.
  expect((await ops.run(['gateway', 'on', 'console'])).code).toBe(0)
  expect((await ops.run(['gateway', 'on', 'console'])).code).toBe(2)
  expect(await readAudit(ops.redis, 9)).toHaveLength(2)
})

test('nothing is switched off if the audit stream cannot be written', async () => {
  await ops.redis.set('sms:{gate}:audit', 'not a stream')
  expect((await ops.run(['gateway', 'off', 'ccp'])).code).toBe(1)
  expect(await off()).toEqual({})
})
