// Finds or downloads a Redis server and starts it as a child process on a free port of the loopback. The
// server ends with the process that started it.
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { cleanUpAtExit } from './cleanup-at-exit.ts'
import { lockDataDir } from './data-dir-lock.ts'
import { findProgram } from './find-program.ts'
import { freePort } from './ports.ts'
import { startServer } from './redis-server.ts'
import { StartupError } from './startup-error.ts'
import { canUnpack, findUnpacked, thisMachine, unpackPackage, type Machine } from './unpacked-programs.ts'

const BINARIES = ['redis-server', 'valkey-server', 'redis-check-rdb', 'valkey-check-rdb']
// Debian's redis-tools contains the server as redis-check-rdb. The package redis-server only adds a symlink and a
// system service. Valkey is packaged in the same way.
const REDIS_TOOLS = { name: 'redis-tools', programs: { 'redis-server': 'redis-check-rdb' } }

const WAYS = `Redis is needed, but there is no redis-server or valkey-server on the PATH. Three ways to get one:
  package manager   apt-get install redis-server | brew install redis | dnf install valkey
  Docker            docker run -d -p 127.0.0.1:6379:6379 redis:8, then REDIS_URL=redis://127.0.0.1:6379
  elsewhere         set REDIS_URL to a Redis or Valkey that you already have`

export type RedisServer = Awaited<ReturnType<typeof startRedis>>

type RedisOptions = {
  /** The data directory. Without it, a temporary directory that is deleted when the server ends. */
  dir?: string
  /** Writes an append-only file. The default is true with `dir` and false without it. */
  persistent?: boolean
  port?: number
  binary?: string
  detached?: boolean
  /** More directives of redis.conf. */
  settings?: Record<string, string>
}

export const findRedis = (machine: Machine = thisMachine()): string | null =>
  findProgram(BINARIES, machine.env) ?? findUnpacked(REDIS_TOOLS.name, 'redis-server', machine)

/**
 * Returns the server's path, after a download if that is possible.
 * @throws StartupError that tells the user how to get a Redis
 */
export async function ensureRedisBinary(options: {
  say: (line: string) => void
  machine?: Machine
}): Promise<string> {
  const { say, machine = thisMachine() } = options
  const found = findRedis(machine)
  if (found !== null) return found
  if (!canUnpack(machine)) throw new StartupError(WAYS)
  try {
    await unpackPackage(REDIS_TOOLS, machine, say)
  } catch (error) {
    throw new StartupError(`${WAYS}\n\nThe download did not work. ${String(error)}`)
  }
  const unpacked = findRedis(machine)
  if (unpacked === null) throw new StartupError(WAYS)
  return unpacked
}

/** Finds or downloads Redis and puts it on the PATH, for child processes that have a DATA_DIR of their own. */
export async function ensureRedisOnPath(say: (line: string) => void): Promise<void> {
  const binary = await ensureRedisBinary({ say })
  process.env['PATH'] = [process.env['PATH'], dirname(binary)].join(delimiter)
}

/**
 * Starts a server and returns when it accepts connections.
 * @throws StartupError with the server's last lines when it exits instead
 */
export async function startRedis(options: RedisOptions = {}) {
  const binary = options.binary ?? findRedis()
  if (binary === null) throw new StartupError(WAYS)
  const port = options.port ?? (await freePort())
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'sms-codes-redis-'))
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const release =
    options.dir === undefined
      ? cleanUpAtExit(() => removeDir(dir))
      : await lockDataDir(realpathSync(dir), port)
  const cleanUp = (): void => {
    release()
    if (options.dir === undefined) removeDir(dir)
  }
  const persistent = options.persistent ?? options.dir !== undefined
  const server = await startServer(binary, { ...options, port, dir, persistent }).catch((error: unknown) => {
    cleanUp()
    throw error
  })
  // The first handler of `exited`, so the directory is unlocked when stop() returns.
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
    /** Ends the server as a crash would (SIGKILL). Another start with the same port and directory recovers. */
    kill: server.kill,
  }
}

function removeDir(dir: string): void {
  rmSync(dir, { recursive: true, force: true })
}
