import { Registry } from 'prom-client'
import { afterEach, expect, it } from 'vitest'
import { startHealthServer, type HealthServer } from '../../src/process/health-server.ts'

let ops: HealthServer
afterEach(() => ops.close())

type Check = () => Promise<string | null>
async function start(notReady: Check, remark: Check = async () => null) {
  ops = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    registry: new Registry(),
    version: '1.2.3',
    notReady,
    remark,
  })
  return async (path: string, method = 'GET') => {
    const response = await fetch(`http://127.0.0.1:${ops.port}${path}`, { method })
    return [response.status, await response.text()]
  }
}

it('the health server reports its version, and ready until the process drains', async () => {
  const ask = await start(async () => null)
  expect(await ask('/readyz')).toEqual([200, 'ready\nversion 1.2.3\n'])
  ops.drain()
  expect(await ask('/readyz')).toEqual([503, 'draining\nversion 1.2.3\n'])
  expect(await ask('/livez')).toEqual([200, 'ok\n'])
})

it('the health server stays ready with a remark, which a reason against readiness replaces', async () => {
  const ask = await start(
    async () => null,
    async () => 'no gateway has accepted a message for 42 s',
  )
  expect(await ask('/readyz')).toEqual([
    200,
    'ready; no gateway has accepted a message for 42 s\nversion 1.2.3\n',
  ])
  ops.drain()
  expect(await ask('/readyz')).toEqual([503, 'draining\nversion 1.2.3\n'])
})

it('the health server reports why the process is not ready', async () => {
  const ask = await start(async () => 'redis does not answer')
  expect(await ask('/readyz')).toEqual([503, 'redis does not answer\nversion 1.2.3\n'])
})

it('the health server reports "not ready" without details if the check throws', async () => {
  const ask = await start(() => Promise.reject(new Error('secret')))
  expect(await ask('/readyz')).toEqual([503, 'not ready\n'])
})

it('the metric sms_ready says what /readyz says, with one check for each scrape', async () => {
  const answers = [
    async () => null,
    async () => 'redis does not answer',
    () => Promise.reject(new Error('secret')),
  ]
  const checks = answers.values()
  const ask = await start(() => checks.next().value?.() ?? Promise.resolve(null))
  const scrape = async () => {
    const [status, text] = await ask('/metrics')
    return [status, /^sms_ready (\d)$/m.exec(String(text))?.[1]]
  }
  for (const ready of ['1', '0', '0', '1']) expect(await scrape()).toEqual([200, ready])
  ops.drain()
  expect(await scrape()).toEqual([200, '0'])
})

it('the health server answers 404 to other paths and methods', async () => {
  const ask = await start(async () => null)
  expect((await ask('/'))[0]).toBe(404)
  expect((await ask('/metrics', 'POST'))[0]).toBe(404)
  expect((await ask('/metrics'))[0]).toBe(200)
})
