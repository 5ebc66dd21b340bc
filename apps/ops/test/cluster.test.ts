import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedisCluster, type RedisCluster } from '@sms-codes/test-servers/redis-cluster'
import { aMobile, expectFailure, runOps, someEnv } from './ops.ts'

let nodes: RedisCluster
beforeAll(async () => {
  nodes = await startRedisCluster()
})
afterAll(() => nodes.stop())

test('every command works on a Cluster, and status shows each of its primaries', async () => {
  const env = { ...someEnv(nodes.url), BUDGET_MESSAGES: '5/60' }
  const [mobile, other] = [aMobile(), aMobile()]
  expectFailure(await runOps(env, ['send-test', mobile, '--wait', '1s']), /it is queued/)
  const done = [
    ['drain'],
    ['resume'],
    ['lookup', mobile],
    ['block', '--mobile', other, '--reason', 'a test'],
    ['lists'],
    ['unlist', '--mobile', other],
    ['erase', mobile, '--yes'],
  ]
  for (const args of done) expect(await runOps(env, args)).toMatchObject({ code: 0, stderr: '' })
  const { stdout } = await runOps(env, ['status'])
  expect(stdout.match(/^redis {3}/gm)).toHaveLength(nodes.servers.length)
  expect(stdout).toMatch(/^sms +1 /m)
})

test('a Cluster that is not there is named by its hosts and without its login', async () => {
  const failed = await runOps({ REDIS_URL: 'redis+cluster://:hushhush@127.0.0.1:1,127.0.0.1:2' }, ['status'])
  expectFailure(failed, /the Redis at 127\.0\.0\.1:1, 127\.0\.0\.1:2 /)
  expect(failed.all).not.toContain('hushhush')
})
