import { afterAll, beforeAll, expect, test } from 'vitest'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { startRedisCluster, type RedisCluster } from '@sms-codes/test-servers/redis-cluster'
import { aMobile, expectFailure, runOps, someEnv } from './ops.ts'

let nodes: RedisCluster
beforeAll(async () => {
  nodes = await startRedisCluster()
})
afterAll(() => nodes.stop())

test('every command works on a Cluster, and status shows each primary', async () => {
  const env = { ...someEnv(nodes.url), POLICY_FILE: policyFile({ budget: { messages: ['5/60s'] } }) }
  const [mobile, other] = [aMobile(), aMobile()]
  expectFailure(await runOps(env, ['send-test', mobile, '--wait', '1s']), /still queued/)
  const done = [
    ['drain'],
    ['resume'],
    ['phone', mobile],
    ['failures', '--gateway', 'email'],
    ['block', '--mobile', other, '--reason', 'a test'],
    ['lists'],
    ['gateway', 'off', 'console', '--for', '1h'],
    ['gateway'],
    ['gateway', 'on', 'console'],
    ['audit'],
    ['config'],
    ['unlist', '--mobile', other],
    ['erase', mobile, '--yes'],
  ]
  for (const args of done) expect(await runOps(env, args)).toMatchObject({ code: 0, stderr: '' })
  const { stdout } = await runOps(env, ['status'])
  expect(stdout.match(/^127\.0\.0\.1:[0-9]+ +[0-9.]+ /gm)).toHaveLength(nodes.servers.length)
  expect(stdout).toMatch(/^sms +1 /m)
})

test('the error for an unreachable Cluster names its hosts and not its password', async () => {
  const failed = await runOps({ REDIS_URL: 'redis+cluster://:hushhush@127.0.0.1:1,127.0.0.1:2' }, ['status'])
  expectFailure(failed, /cannot use Redis at 127\.0\.0\.1:1, 127\.0\.0\.1:2 /)
  expect(failed.all).not.toContain('hushhush')
})
