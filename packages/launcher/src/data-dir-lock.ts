// A lock file in the data directory of a Redis. It prevents a second server on the same directory, because
// both would append to the same file. A lock counts only while its server answers, so a lock that a crash
// left behind is replaced.
import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { askRedis } from './ask-redis.ts'
import { cleanUpAtExit } from './cleanup-at-exit.ts'
import { hasCode, StartupError } from './startup-error.ts'

const START_TIMEOUT_MS = 3_000

/**
 * Locks the directory for the server that will listen on this port.
 * @returns the function that unlocks it
 * @throws StartupError when another server serves this directory
 */
export async function lockDataDir(dir: string, port: number): Promise<() => void> {
  const file = join(dir, 'lock')
  const unlock = () => rmSync(file, { force: true })
  for (;;) {
    try {
      writeFileSync(file, `${process.pid} ${port}`, { flag: 'wx' })
      const cancelCleanup = cleanUpAtExit(unlock)
      return () => {
        cancelCleanup()
        unlock()
      }
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error
    }
    await refuseIfServed(dir, file)
    unlock()
  }
}

/**
 * Returns the port of the Redis that serves this directory, or null when no server does.
 * @throws StartupError when the owner of the lock is alive but its server does not answer
 */
export async function servedPort(dir: string): Promise<number | null> {
  const file = join(dir, 'lock')
  const [owner = 0, port = 0] = readLock(file)
  if (await serves(port, dir)) return port
  if (!isAlive(owner)) return null
  throw new StartupError(
    `The Redis of npm start (127.0.0.1:${port}) does not answer. Stop that npm start. If none is running, delete ${file}.`,
    1,
  )
}

async function refuseIfServed(dir: string, file: string): Promise<void> {
  const [owner = 0, port = 0] = readLock(file)
  const giveUpAt = Date.now() + START_TIMEOUT_MS
  for (;;) {
    if (await serves(port, dir)) {
      throw new StartupError(
        `A Redis on 127.0.0.1:${port} already serves ${dir}, probably from another npm start.\n` +
          `Stop it (Ctrl-C in its terminal, or: redis-cli -p ${port} shutdown),\n` +
          `or use it as well: REDIS_URL=redis://127.0.0.1:${port} npm start`,
      )
    }
    // A live owner may have written its lock and not yet started its server.
    if (!isAlive(owner) || Date.now() > giveUpAt) return
    await sleep(100)
  }
}

function readLock(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').split(' ').map(Number)
  } catch {
    return []
  }
}

// Another Redis may use the port of an old lock by now, so the server has to confirm its directory.
async function serves(port: number, dir: string): Promise<boolean> {
  try {
    return (await askRedis(port, '127.0.0.1', 'CONFIG GET dir')).includes(realpathSync(dir))
  } catch {
    return false
  }
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch {
    return false
  }
}
