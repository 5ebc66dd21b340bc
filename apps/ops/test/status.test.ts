import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedis } from '@sms-codes/launcher/redis'
import { runOps, startOps, type RunningOps } from './ops.ts'

let ops: RunningOps
beforeAll(async () => {
  ops = await startOps()
})
afterAll(() => ops.stop())

test('status shows the faults of Redis and the size of the lists', async () => {
  await ops.run(['block', '170'])
  await ops.run(['block', '171'])
  await ops.run(['allow', '10.0.0.0/8'])
  await ops.redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
  const { stdout } = await ops.run(['status'])
  expect(stdout).toMatch(/^redis +\d+\.\d+\.\d+, \d+\.\d MB \(no limit\), allkeys-lru$/m)
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
  expect(screen.stdout.split('\u001B[2J')).toHaveLength(2)
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
  await expect.poll(pages, { timeout: 10_000 }).toBeGreaterThan(0)
  await first.kill()
  await expect.poll(() => said, { timeout: 10_000 }).toMatch(/redis: \S+: not connected/)
  const before = pages()
  const second = await startRedis({ port: first.port })
  await expect.poll(pages, { timeout: 10_000 }).toBeGreaterThan(before)
  stop.abort()
  expect(await watching).toMatchObject({ code: 0 })
  await second.stop()
})
