// Starts the measured programs and their Redis, each as a process on the loopback.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createKeyring } from '@sms-codes/core/keyring'
import { freePort } from '@sms-codes/launcher/ports'
import { describeExit, startProcess, waitForHttp } from '@sms-codes/launcher/processes'
import { ensureRedisBinary, startRedis } from '@sms-codes/launcher/redis'

const PROJECT_DIR = join(import.meta.dirname, '../../..')
const READY_TIMEOUT_MS = 20_000

type Say = (line: string) => void
export type Stack = Awaited<ReturnType<typeof startStack>>

/** Builds only what is measured, so that a fault in another app does not stop the benchmark. */
export async function build(say: Say, names: readonly ('api' | 'worker' | 'bench')[]): Promise<void> {
  say(`build: turbo run build, for ${names.join(', ')}`)
  const turbo = await startProcess({
    name: 'build',
    script: join(PROJECT_DIR, 'node_modules/.bin/turbo'),
    args: ['run', 'build', ...names.map((name) => `--filter=@sms-codes/${name}`)],
    cwd: PROJECT_DIR,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
    onLine: () => {},
  })
  const { code } = await turbo.exited
  if (code !== 0) throw new Error(['the build failed:', ...turbo.lastLines()].join('\n'))
}

/** Starts an empty Redis, creates the keys of this run, and returns functions that start the measured programs. */
export async function startStack(say: Say) {
  const binary = await ensureRedisBinary({ say })
  const server = await startRedis({ binary })
  // No limit of retries, because preparing a round sends tens of thousands of commands at once.
  const redis = new Redis(server.url, { maxRetriesPerRequest: null })
  redis.on('error', (err) => say(`redis: ${err.message}`))
  const [phoneKey, codeKey] = [randomBytes(32), randomBytes(32)]
  const stops: (() => Promise<unknown>)[] = []

  async function start(name: string, script: string, args: string[], env: NodeJS.ProcessEnv, ready: string) {
    // Only PATH is passed on, so that variables of this shell do not change the defaults that are measured.
    const child = await startProcess({
      name,
      script: join(PROJECT_DIR, script),
      args,
      cwd: PROJECT_DIR,
      env: { PATH: process.env['PATH'], ...env },
      onLine: (line) => say(`[${name}] ${line}`),
    })
    stops.push(() => child.stop())
    const giveUp = new AbortController()
    const died = child.exited.then((exit) => {
      giveUp.abort()
      throw new Error(`${name} exited unexpectedly (${describeExit(exit)})`)
    })
    await Promise.race([waitForHttp(ready, READY_TIMEOUT_MS, giveUp.signal), died])
    return child
  }

  const appEnv = {
    HOST: '127.0.0.1',
    LOG_LEVEL: 'warn',
    REDIS_URL: server.url,
    PHONE_KEY: phoneKey.toString('base64'),
    CODE_KEYS: `bench:${codeKey.toString('base64')}`,
  }
  return {
    redis,
    redisUrl: server.url,
    redisPid: server.pid,
    keyring: createKeyring({ phoneKey, codeKeys: [{ kid: 'bench', key: codeKey }] }),

    /** Starts a built program of this package. Its first argument is its port, the others are `args`. */
    async startProgram(name: string, ...args: string[]) {
      const port = await freePort()
      const script = `packages/bench/dist/programs/${name}.js`
      const { pid, stop } = await start(
        name,
        script,
        [String(port), ...args],
        {},
        `http://127.0.0.1:${port}/`,
      )
      return { pid, port, stop }
    },

    async startApp(name: 'api' | 'worker', env: NodeJS.ProcessEnv) {
      const [port, opsPort] = [await freePort(), await freePort()]
      const ports = {
        API_PORT: String(port),
        API_OPS_PORT: String(opsPort),
        WORKER_OPS_PORT: String(opsPort),
      }
      const ready = `http://127.0.0.1:${opsPort}/readyz`
      const { pid, stop } = await start(
        name,
        `apps/${name}/dist/main.js`,
        [],
        { ...appEnv, ...ports, ...env },
        ready,
      )
      return { pid, port, opsPort, stop }
    },

    async close() {
      for (const stop of stops.toReversed()) await stop()
      redis.disconnect()
      await server.stop()
    },
  }
}
