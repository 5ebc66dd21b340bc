import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis, type Cluster } from 'ioredis'
import { cleanUpAtExit } from '@sms-codes/launcher/cleanup-at-exit'
import { freePort } from '@sms-codes/launcher/ports'
import { startProcess, waitForHttp, type Process } from '@sms-codes/launcher/processes'
import { startRedis } from '@sms-codes/launcher/redis'
import { createApiClient } from './api-client.ts'
import { createSimulatorClient } from './simulator-client.ts'
import { policyOf, systemEnv, type Env, type Settings } from './system-env.ts'

export const ROOT = join(import.meta.dirname, '../../..')
const READY_MS = 90_000

export type App = 'api' | 'worker' | 'board' | 'simulator'

type SystemOptions = {
  apis?: number
  workers?: number
  board?: boolean
  env?: Env
  /** Settings of the policy, in addition to those of all tests. */
  policy?: Settings
  /** The same, for settings that need the address of the simulator. */
  policyAt?: (simulatorUrl: string) => Settings
  /** Redis keeps its data when `restartRedis` kills it. */
  persistent?: boolean
  /** Gateways send delivery receipts to the first API process. */
  receipts?: boolean
  /** A Redis that the test has started: its URL and a client. startSystem() does not stop it. */
  store?: Store
}
export type Store = { url: string; redis: Redis | Cluster }
export type System = Awaited<ReturnType<typeof startSystem>>

/**
 * Starts the whole service: the built apps as processes with their own environment, on a real Redis and with
 * the simulator in place of the vendors.
 */
export async function startSystem({
  apis = 1,
  workers = 1,
  board = false,
  env = {},
  policy: given = {},
  policyAt,
  persistent = false,
  receipts = false,
  store,
}: SystemOptions = {}) {
  const redisServer = store === undefined ? await startRedisServer(persistent) : null
  const url = store?.url ?? redisServer?.current().url ?? ''
  const redis = store?.redis ?? new Redis(url, { maxRetriesPerRequest: null })
  redis.on('error', () => {})
  const ownServer = () => {
    if (redisServer === null) throw new Error('this system runs on a Redis that the test has started')
    return redisServer
  }
  const [simulatorPort, smtpPort] = [await freePort(), await freePort()]
  const simulatorUrl = `http://127.0.0.1:${simulatorPort}`
  const apiPorts = await Promise.all(Array.from({ length: apis }, () => freePort()))
  const firstApi = `http://127.0.0.1:${apiPorts[0]}`
  const receiptsUrl = receipts ? firstApi : null
  const policy = policyAt?.(simulatorUrl) ?? given
  const writePolicy = policyOf(simulatorUrl)
  const POLICY_FILE = writePolicy(policy)
  const system = systemEnv({ redisUrl: url, simulatorPort, smtpPort, receiptsUrl })
  const common: Env = { ...system, POLICY_FILE, ...env }
  const withPolicy = (own: Settings) => ({ POLICY_FILE: writePolicy(policy, own) })
  const processes = createApps(common)

  /** @param settings of the policy of this process alone */
  async function startApi(more: Env = {}, onPort = 0, settings: Settings = {}) {
    const [port, opsPort] = [onPort === 0 ? await freePort() : onPort, await freePort()]
    const opsUrl = `http://127.0.0.1:${opsPort}`
    const own = { API_PORT: String(port), API_OPS_PORT: String(opsPort), ...withPolicy(settings), ...more }
    return {
      url: `http://127.0.0.1:${port}`,
      opsUrl,
      process: await processes.start('api', own, `${opsUrl}/readyz`),
    }
  }
  async function startWorker(more: Env = {}, settings: Settings = {}) {
    const opsPort = await freePort()
    const opsUrl = `http://127.0.0.1:${opsPort}`
    const own = { WORKER_OPS_PORT: String(opsPort), ...withPolicy(settings), ...more }
    return { opsUrl, process: await processes.start('worker', own, `${opsUrl}/readyz`) }
  }

  const boardPort = board ? await freePort() : 0
  const boardUrl = `http://127.0.0.1:${boardPort}`
  async function startAll() {
    const simulator = await processes.start('simulator', {}, `${simulatorUrl}/livez`)
    const apiList = await Promise.all(apiPorts.map((port) => startApi({}, port)))
    const workerList = await Promise.all(Array.from({ length: workers }, () => startWorker()))
    if (board) await processes.start('board', { BOARD_PORT: String(boardPort) }, `${boardUrl}/livez`)
    return { simulator, apis: apiList, workers: workerList }
  }
  async function stop(): Promise<void> {
    redis.disconnect()
    await processes.stopAll()
    await redisServer?.stop()
  }
  const started = await startAll().catch(async (err: unknown) => {
    await stop()
    throw err
  })

  return {
    redis,
    redisServer: () => ownServer().current(),
    env: common,
    ...started,
    simulatorUrl,
    boardUrl,
    logs: processes.logs,
    startApi,
    startWorker,
    ...createApiClient({ firstApi, apiKey: common['API_KEYS']?.split(':')[1] ?? '', redis }),
    ...createSimulatorClient(simulatorUrl),

    /** The number of unfinished jobs of these queues; without a name, of the queue `sms`. */
    async open(...names: string[]): Promise<number> {
      // A transaction, because a job that moves between two commands could be missed.
      const counting = redis.multi()
      for (const name of names.length === 0 ? ['sms'] : names)
        counting.llen(`{sms}:${name}:wait`).llen(`{sms}:${name}:active`).zcard(`{sms}:${name}:delayed`)
      const counts = (await counting.exec()) ?? []
      return counts.reduce((sum, [, count]) => sum + Number(count), 0)
    },

    /** Kills Redis with SIGKILL and starts it again with the same port and data. */
    restartRedis: (pauseMs = 0): Promise<void> => ownServer().restart(pauseMs),

    stop,
  }
}

async function startRedisServer(persistent: boolean) {
  // On a slow disk, Redis with `everysec` may answer before the kernel has the write, and a kill then loses that write
  // (docs/reliability.md). Without fsync, the kernel has each write before the answer.
  const options = persistent
    ? { dir: mkdtempSync(join(tmpdir(), 'sms-codes-e2e-')), settings: { appendfsync: 'no' } }
    : {}
  const removeDir = () => {
    if (options.dir !== undefined) rmSync(options.dir, { recursive: true, force: true })
  }
  const cancelCleanup = cleanUpAtExit(removeDir)
  let server = await startRedis(options)
  return {
    current: () => server,
    async restart(pauseMs: number): Promise<void> {
      const { port } = server
      await server.kill()
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
      server = await startRedis({ ...options, port })
    },
    async stop(): Promise<void> {
      await server.stop()
      cancelCleanup()
      removeDir()
    },
  }
}

/** Starts built apps with an environment that they share, and collects their output. */
function createApps(common: Env) {
  const logs: { app: App; line: string }[] = []
  const running = new Set<Process>()
  return {
    logs,
    /** Returns when the app answers at `readyUrl`. */
    async start(app: App, own: Env, readyUrl: string): Promise<Process> {
      const child = await startProcess({
        name: app,
        script: join(ROOT, 'apps', app, 'dist/main.js'),
        env: { ...common, ...own },
        onLine: (line) => logs.push({ app, line }),
      })
      running.add(child)
      void child.exited.then(() => running.delete(child))
      const dead = child.exited.then(() => {
        throw new Error(`${app} exited:\n${child.lastLines().join('\n')}`)
      })
      await Promise.race([waitForHttp(readyUrl, READY_MS), dead])
      dead.catch(() => {})
      return child
    },
    async stopAll(): Promise<void> {
      await Promise.all([...running].map((child) => child.stop()))
    },
  }
}

let numbers = 0
/** Returns a mobile number that no other test uses, each in another segment. */
export const aMobile = () => `137${String((++numbers * 10_007) % 100_000_000).padStart(8, '0')}`
export const wrong = (code: string) =>
  String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0')
export const times = <T>(n: number, act: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: n }, (_, i) => act(i)))
