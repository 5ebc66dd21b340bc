import { afterAll, beforeAll, expect, test } from 'vitest'
import { chooseShard, smsQueues } from '@sms-codes/core/queues/shards'
import { startRedis } from '@sms-codes/launcher/redis'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { runOps, startOps, type RunningOps } from './ops.ts'

let ops: RunningOps
beforeAll(async () => {
  ops = await startOps()
})
afterAll(() => ops.stop())

test('status shows the faults of Redis and the size of the lists', async () => {
  await ops.run(['block', '170', '--yes'])
  await ops.run(['block', '171', '--yes'])
  await ops.run(['allow', '10.0.0.0/8'])
  await ops.redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
  const { stdout } = await ops.run(['status'])
  expect(stdout).toMatch(/^127\.0\.0\.1:\d+ +\d+\.\d+\.\d+ +\d+\.\d MB \(no limit\) +allkeys-lru +OFF /m)
  expect(stdout).toMatch(/^FAULT +REDIS_URL: maxmemory-policy must be noeviction/m)
  expect(stdout).toContain('2 blocked, 1 allowed')
  await ops.redis.config('SET', 'maxmemory-policy', 'noeviction')
})

test('--watch prints page after page until it is stopped: as lines on a pipe, in place on a screen', async () => {
  const watch = async (screen: boolean) => {
    const stop = new AbortController()
    const onOutput = (all: string) => all.split('redis  ').length > 3 && stop.abort()
    return ops.run(['status', '--watch'], { screen, signal: stop.signal, onOutput })
  }
  const [pipe, screen] = await Promise.all([watch(false), watch(true)])
  expect(pipe.code).toBe(0)
  expect(pipe.stdout).not.toContain('\u001B')
  expect(screen.stdout.split('\u001B[H').length - 1).toBeGreaterThan(2)
  expect(screen.stdout.split('\u001B[J')).toHaveLength(screen.stdout.split('\u001B[H').length)
})

test('--watch survives an outage of Redis', async () => {
  const first = await startRedis()
  const stop = new AbortController()
  let said = ''
  const env = { REDIS_URL: first.url }
  const watching = runOps(env, ['status', '--watch', '--json'], {
    signal: stop.signal,
    onOutput: (all) => (said = all),
  })
  const pages = () => said.split('"queues"').length - 1
  await expect.poll(pages).toBeGreaterThan(0)
  await first.kill()
  await expect.poll(() => said).toMatch(/redis: \S+: not connected/)
  const before = pages()
  const second = await startRedis({ port: first.port })
  await expect.poll(pages).toBeGreaterThan(before)
  stop.abort()
  expect(await watching).toMatchObject({ code: 0 })
  await second.stop()
})

test('with shards, send-test adds to the shard of the phone, and status, drain and resume cover all shards', async () => {
  const envOf = (shards: number) => ({ POLICY_FILE: policyFile({ queues: { shards } }) })
  const env = envOf(3)
  const mobile = '13711112222'
  await ops.run(['send-test', mobile, '--wait', '1s'], { env })
  const shard = chooseShard(smsQueues(3), ops.keyring.pseudonym(mobile))
  expect(await ops.redis.llen(`{${shard}}:${shard}:wait`)).toBe(1)
  const rows = async (shardsSet: number) => {
    const { stdout } = await ops.run(['status'], { env: envOf(shardsSet) })
    return [...stdout.matchAll(/^((?:sms|email|events)\S*) +(\d+) .* (PAUSED|running)$/gm)].map((row) =>
      row.slice(1),
    )
  }
  const others = (state: string) => [
    ['email', '0', state],
    ['events', '0', state],
  ]
  const row = (name: string, state: string) => [name, name === shard ? '1' : '0', state]
  const shards = (state: string) => smsQueues(3).map((name) => row(name, state))
  expect(await rows(3)).toEqual([...shards('running'), ...others('running')])
  expect((await ops.run(['drain'], { env })).stdout).toContain('drained')
  // The pause outlasts a change of queues.shards, and the jobs that were added before it are still shown.
  const paused = 'PAUSED'
  expect(await rows(1)).toEqual([row('sms', paused), row(shard, paused), ...others(paused)])
  expect((await ops.run(['resume'], { env: envOf(1) })).stdout).toBe('resumed, 1 waiting\n')
  expect(await rows(3)).toEqual([...shards('running'), ...others('running')])
})
