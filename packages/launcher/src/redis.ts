// A real Redis for a machine that has none running: found or installed, then started as our child on
// a free loopback port. Nothing here is a fake, and nothing outlives the process that started it.
import { accessSync, constants, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { aptInstall, canAptInstall, thisMachine, type Machine } from './apt.ts'
import { atExit } from './at-exit.ts'
import { freePort } from './ports.ts'
import { claimDir } from './redis-claim.ts'
import { startServer } from './redis-server.ts'
import { StartupError } from './startup-error.ts'

// Debian ships the server as /usr/bin/redis-check-rdb in redis-tools and makes redis-server a symlink
// to it in a package that also brings a system service. So we install redis-tools and start its binary
// under the server's name, and no other Redis ever runs or is enabled on that machine. Likewise Valkey.
const VALKEY_BINARIES = ['valkey-server', 'valkey-check-rdb']
const BINARIES = ['redis-server', 'valkey-server', 'redis-check-rdb', 'valkey-check-rdb']
const DEBIAN_PACKAGE = 'redis-tools'

const WAYS = `Redis is needed, and there is no redis-server or valkey-server on the PATH. Three ways to get one:
  package manager   apt-get install redis-server | brew install redis | dnf install valkey
  Docker            docker run -d -p 127.0.0.1:6379:6379 redis:8, then REDIS_URL=redis://127.0.0.1:6379
  elsewhere         set REDIS_URL to a Redis or Valkey that you already have`

export type RedisServer = Awaited<ReturnType<typeof startRedis>>

export type RedisOptions = {
  /** Where the data lives; without it a temporary directory that goes when the server does. */
  dir?: string
  /** Keeps every write in an append-only file; the default where a directory is given. */
  persistent?: boolean
  port?: number
  binary?: string
  detached?: boolean
  /** Directives of redis.conf beside ours. */
  settings?: Record<string, string>
}

export function findRedis(env: NodeJS.ProcessEnv = process.env): string | null {
  return findProgram(BINARIES, env)
}

/** For tests of both; `findRedis` is content with either. */
export function findValkey(env: NodeJS.ProcessEnv = process.env): string | null {
  return findProgram(VALKEY_BINARIES, env)
}

function findProgram(names: readonly string[], env: NodeJS.ProcessEnv): string | null {
  const dirs = (env['PATH'] ?? '').split(delimiter).filter((dir) => dir !== '')
  const candidates = names.flatMap((name) => dirs.map((dir) => join(dir, name)))
  return candidates.find(isProgram) ?? null
}

/** The server's path, after an installation where that is possible; throws with the ways to get one. */
export async function ensureRedisBinary(options: {
  say: (line: string) => void
  machine?: Machine
}): Promise<string> {
  const { say, machine = thisMachine() } = options
  const found = findRedis(machine.env)
  if (found !== null) return found
  if (!canAptInstall(machine)) throw new StartupError(WAYS)
  say(`No redis-server or valkey-server on the PATH; ${DEBIAN_PACKAGE} holds the server too`)
  try {
    await aptInstall([DEBIAN_PACKAGE], say)
  } catch (error) {
    throw new StartupError(`${WAYS}\n${String(error)}`)
  }
  const installed = findRedis({ PATH: '/usr/bin' })
  if (installed === null) throw new StartupError(WAYS)
  return installed
}

/** Settles when the server accepts connections; throws with its last lines when it ends instead. */
export async function startRedis(options: RedisOptions = {}) {
  const binary = options.binary ?? findRedis()
  if (binary === null) throw new StartupError(WAYS)
  const port = options.port ?? (await freePort())
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'sms-codes-redis-'))
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const release =
    options.dir === undefined ? atExit(() => removeDir(dir)) : await claimDir(realpathSync(dir), port)
  const cleanUp = (): void => {
    release()
    if (options.dir === undefined) removeDir(dir)
  }
  const persistent = options.persistent ?? options.dir !== undefined
  const server = await startServer(binary, { ...options, port, dir, persistent }).catch((error: unknown) => {
    cleanUp()
    throw error
  })
  // First in line on `exited`, so that a stopped server's directory is free when stop() settles.
  void server.exited.then(cleanUp)
  server.unref()
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    pid: server.pid,
    exited: server.exited,
    lastLines: server.lastLines,
    stop: server.stop,
    /** SIGKILL: what a crash leaves behind can be met by starting again with the same port and dir. */
    kill: server.kill,
  }
}

function removeDir(dir: string): void {
  rmSync(dir, { recursive: true, force: true })
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
