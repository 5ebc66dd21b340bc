// Starts the measured programs, each as a process on the loopback.
import { randomBytes } from 'node:crypto'
import { get } from 'node:http'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { createKeyring } from '@sms-codes/core/keyring'
import { NODE_FLAGS } from '@sms-codes/launcher/apps'
import { policyFile } from '@sms-codes/launcher/policy-file'
import { freePort } from '@sms-codes/launcher/ports'
import { describeExit, startProcess } from '@sms-codes/launcher/processes'

export const PROJECT_DIR = join(import.meta.dirname, '../../..')
const READY_TIMEOUT_MS = 20_000
const READY_POLL_MS = 10

export type Say = (line: string) => void
export type AppName = 'api' | 'worker'
export type Programs = ReturnType<typeof createPrograms>

type ProgramsOptions = {
  say: Say
  redisUrl: string
  /** Where the programs write a CPU profile when they end, or null. */
  profileDir?: string | null
}

/** Creates the keys of this run, and functions that start the measured programs on this Redis. */
export function createPrograms({ say, redisUrl, profileDir = null }: ProgramsOptions) {
  const [phoneKey, codeKey] = [randomBytes(32), randomBytes(32)]
  const stops: (() => Promise<unknown>)[] = []
  let started = 0

  async function start(name: string, argv: string[], env: NodeJS.ProcessEnv, ready: string) {
    started += 1
    const since = performance.now()
    const profile = `${name}-${started}.cpuprofile`
    const flags =
      profileDir === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`, `--cpu-prof-name=${profile}`]
    // Only PATH is passed on, so that variables of this shell do not change the defaults that are measured.
    const child = await startProcess({
      name,
      command: process.execPath,
      args: [...flags, ...argv],
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
    await Promise.race([untilReady(ready, giveUp.signal), died])
    return { pid: child.pid, stop: () => child.stop(), readyMs: performance.now() - since }
  }

  const appEnv = {
    HOST: '127.0.0.1',
    LOG_LEVEL: 'warn',
    REDIS_URL: redisUrl,
    PHONE_KEY: phoneKey.toString('base64'),
    CODE_KEYS: `bench:${codeKey.toString('base64')}`,
  }
  return {
    redisUrl,
    keyring: createKeyring({ phoneKey, codeKeys: [{ kid: 'bench', key: codeKey }] }),

    /** Starts a built program of this package. Its first argument is its port, the others are `args`. */
    async startProgram(name: string, ...args: string[]) {
      const port = await freePort()
      const script = join(PROJECT_DIR, `packages/bench/dist/programs/${name}.js`)
      return {
        ...(await start(name, [script, String(port), ...args], {}, `http://127.0.0.1:${port}/`)),
        port,
      }
    },

    /** @param policy the settings that differ from the built-in ones */
    async startApp(name: AppName, env: NodeJS.ProcessEnv, policy: object = {}) {
      const [port, opsPort] = [await freePort(), await freePort()]
      const ports = {
        API_PORT: String(port),
        API_OPS_PORT: String(opsPort),
        WORKER_OPS_PORT: String(opsPort),
      }
      const ready = `http://127.0.0.1:${opsPort}/readyz`
      // With the flags of the images and of the systemd unit.
      const argv = [...NODE_FLAGS, join(PROJECT_DIR, `apps/${name}/dist/main.js`)]
      return {
        ...(await start(name, argv, { ...appEnv, ...ports, POLICY_FILE: policyFile(policy), ...env }, ready)),
        port,
        opsPort,
      }
    },

    async close() {
      for (const stop of stops.toReversed()) await stop()
    },
  }
}

/** Polls often, because the time to ready is a figure of the report. @throws Error after the deadline */
async function untilReady(url: string, signal: AbortSignal): Promise<void> {
  const giveUpAt = Date.now() + READY_TIMEOUT_MS
  while (!(await isReady(url))) {
    signal.throwIfAborted()
    if (Date.now() > giveUpAt) throw new Error(`${url} was not ready in ${READY_TIMEOUT_MS} ms`)
    await sleep(READY_POLL_MS)
  }
}

function isReady(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 2_000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
  })
}
