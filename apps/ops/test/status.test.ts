import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedis } from '@sms-codes/launcher/redis'
import { createRegistry } from '@sms-codes/core/process/metrics'
import { startOps as startOpsPort } from '@sms-codes/core/process/health-server'
import { createWorkerMetrics } from '../../worker/src/worker-metrics.ts'
import { expectFailure, runOps, startOps, type RunningOps } from './ops.ts'

let ops: RunningOps
beforeAll(async () => {
  ops = await startOps()
})
afterAll(() => ops.stop())

/** The metrics of a worker, on the port that a worker has for them. */
async function startMetrics() {
  const registry = createRegistry('worker')
  const port = await startOpsPort({ host: '127.0.0.1', port: 0, registry, notReady: async () => null })
  return {
    metrics: createWorkerMetrics(registry, { sms: ['ccp'], email: ['smtp'] }),
    url: `http://127.0.0.1:${port.port}/metrics`,
    close: () => port.close(),
  }
}

test('the figures of several workers are added up, and who does not answer is named', async () => {
  const [one, two] = [await startMetrics(), await startMetrics()]
  for (const { metrics } of [one, two]) {
    metrics.breaker('ccp', false)
    metrics.called('sms', 'ccp', 'accepted')
  }
  two.metrics.breaker('ccp', true)
  two.metrics.called('sms', 'ccp', 'switch_now')
  one.metrics.called('email', 'smtp', 'accepted')
  const both = await ops.run(['status', '--metrics', `${one.url},${two.url}`])
  expect(both.stdout).toMatch(/^ccp +sms +OPEN \(1 of 2\) +accepted 2, switch_now 1$/m)
  expect(both.stdout).toMatch(/^smtp +email +- +accepted 1$/m)
  expect(both.code).toBe(0)

  await two.close()
  const left = await ops.run(['status', '--json', '--metrics', `${one.url},${two.url}`])
  expect(JSON.parse(left.stdout)).toMatchObject({
    workers: {
      gateways: [
        { gateway: 'ccp', breakers: { open: 0, of: 1 }, calls: { accepted: 1 } },
        { gateway: 'smtp' },
      ],
      unreachable: [new URL(two.url).host],
    },
  })
  expectFailure(left, /not all workers/)
  await one.close()
})

test('redis is shown with what is wrong with it, and the lists by their size', async () => {
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

test('watching shows one page after another until it is stopped: lines on a pipe, in place on a screen', async () => {
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

test('watching outlives an outage', async () => {
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
