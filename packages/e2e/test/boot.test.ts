import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { freePort } from '@sms-codes/launcher/ports'
import { startProcess, type Process } from '@sms-codes/launcher/processes'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { nodeOptions } from './system-env.ts'

const APPS = join(import.meta.dirname, '../../../apps')
const key = () => randomBytes(32).toString('base64')
const KEYS = { PHONE_KEY: key(), CODE_KEYS: `k1:${key()}` }

let server: RedisServer
let child: Process
beforeAll(async () => {
  server = await startRedis()
})
afterEach(() => child.stop())
afterAll(() => server.stop())

async function start(app: string, env: Record<string, string>) {
  const lines: string[] = []
  const ports = {
    API_PORT: '0',
    API_OPS_PORT: '0',
    WORKER_OPS_PORT: '0',
    SIMULATOR_PORT: '0',
    SIMULATOR_SMTP_PORT: '0',
  }
  child = await startProcess({
    name: app,
    script: join(APPS, app, 'dist/main.js'),
    env: { REDIS_URL: server.url, SMS_GATEWAYS: 'console', ...nodeOptions(), ...ports, ...env },
    onLine: (line) => lines.push(line),
  })
  return { exited: child.exited, said: () => lines.join('\n') }
}

describe.each(['api', 'worker'])('the %s', (app) => {
  it('does not start with a fault in its configuration, and reports it', async () => {
    const { exited, said } = await start(app, {})
    expect(await exited).toEqual({ code: 78, signal: null })
    expect(said()).toMatch(/PHONE_KEY: is missing/)
  })

  it('does not start on a Redis that may evict keys, and reports it', async () => {
    const redis = new Redis(server.url)
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    onTestFinished(async () => {
      await redis.config('SET', 'maxmemory-policy', 'noeviction')
      redis.disconnect()
    })
    const { exited, said } = await start(app, KEYS)
    expect(await exited).toEqual({ code: 78, signal: null })
    expect(said()).toMatch(/REDIS_URL: .*noeviction/)
  })
})

describe('with a Redis that knows the keys of the processes', () => {
  beforeAll(async () => {
    const { said } = await start('api', KEYS)
    await vi.waitUntil(() => said().includes('api ready'), 60_000)
    await child.stop()
  })

  it.each([
    ['api', 'PHONE_KEY', { PHONE_KEY: key() }],
    ['worker', 'PHONE_KEY', { PHONE_KEY: key() }],
    ['api', 'CODE_KEYS', { CODE_KEYS: `k1:${key()}` }],
    ['worker', 'CODE_KEYS', { CODE_KEYS: `k2:${key()},k1:${key()}` }],
  ])('the %s does not start with another %s', async (app, name, wrong) => {
    const { exited, said } = await start(app, { ...KEYS, ...wrong })
    expect(await exited).toEqual({ code: 78, signal: null })
    expect(said()).toMatch(new RegExp(`^${name}: .*docs/operations.md`, 'm'))
    for (const secret of Object.values({ ...KEYS, ...wrong })) expect(said()).not.toContain(secret)
  })

  it.each(['api', 'worker'] as const)(
    'the %s that started while Redis was down reports another key later',
    async (app) => {
      const [port, lateRedis] = [await freePort(), await freePort()]
      const own = { API_OPS_PORT: String(port), WORKER_OPS_PORT: String(port) }
      const { said } = await start(app, {
        ...KEYS,
        ...own,
        PHONE_KEY: key(),
        REDIS_URL: `redis://127.0.0.1:${lateRedis}`,
      })
      const readiness = async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.text()
      await vi.waitFor(async () => expect(await readiness()).toMatch(/^redis does not answer/), 60_000)
      const late = await startRedis({ port: lateRedis })
      const redis = new Redis(late.url)
      await redis.hset('sms:keys', 'PHONE_KEY', '0123456789abcdef')
      await vi.waitFor(async () => expect(await readiness()).toMatch(/^PHONE_KEY: /), 60_000)
      expect(await readiness()).toMatch(/^version \d+\.\d+\.\d+/m)
      expect(said()).toMatch(/"version":"\d+\.\d+\.\d+","msg":"starting"/)
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
      expect(metrics).toMatch(new RegExp(`^sms_build_info\\{version="[^"]+",app="${app}"\\} 1$`, 'm'))
      redis.disconnect()
      await late.stop()
    },
  )
})

it.each(['api', 'worker', 'board'])('the %s warns of a variable whose name is misspelled', async (app) => {
  const { said } = await start(app, {
    ...KEYS,
    BOARD_PASSWORD: key(),
    BOARD_PORT: '0',
    NODE_EVN: 'canary-word',
  })
  const warning =
    /"level":"warn".*"given":"NODE_EVN","similar":"NODE_ENV","msg":"unknown environment variable, /
  await vi.waitFor(() => expect(said()).toMatch(warning), 60_000)
  await vi.waitFor(() => expect(said()).toContain(`${app} ready`), 60_000)
  expect(said()).not.toContain('canary-word')
})

it.each([
  ['api', 'API_PORT'],
  ['api', 'API_OPS_PORT'],
  ['worker', 'WORKER_OPS_PORT'],
  ['board', 'BOARD_PORT'],
  ['simulator', 'SIMULATOR_PORT'],
  ['simulator', 'SIMULATOR_SMTP_PORT'],
])('the %s reports a port that is taken in one line: %s', async (app, port) => {
  const { exited, said } = await start(app, {
    ...KEYS,
    BOARD_PASSWORD: key(),
    LOG_LEVEL: 'fatal',
    [port]: String(server.port),
  })
  expect(await exited).toEqual({ code: 1, signal: null })
  expect(said()).toMatch(new RegExp(`^(simulator: )?${port}: another process listens there already[^\n]*$`))
})

it.each([
  ['api', ['@fastify/swagger', 'bullmq-otel', 'libphonenumber-js/max']],
  ['worker', ['bullmq-otel', 'libphonenumber-js/max']],
])('the %s starts without the modules of features that are off or unused', async (app, unused) => {
  const dir = mkdtempSync(join(tmpdir(), 'sms-codes-imports-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const IMPORTS_FILE = join(dir, 'imports')
  const { said } = await start(app, { ...KEYS, ...nodeOptions('loaded-modules.mjs'), IMPORTS_FILE })
  await vi.waitFor(() => expect(said()).toContain(`${app} ready`), 60_000)
  const imported = readFileSync(IMPORTS_FILE, 'utf8').split('\n')
  expect(imported).toEqual(expect.arrayContaining(['ioredis', 'prom-client']))
  for (const name of unused) expect(imported).not.toContain(name)
})
