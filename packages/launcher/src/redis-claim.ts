// Keeps two Redis servers off one data directory: both would append to the same file. A claim is only
// as good as the server behind it, so one that was left behind by a crash is replaced.
import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { atExit } from './at-exit.ts'
import { askRedis } from './redis-probe.ts'
import { hasCode, StartupError } from './startup-error.ts'

const START_TIMEOUT_MS = 3_000

/** Returns the function that gives the directory free. */
export async function claimDir(dir: string, port: number): Promise<() => void> {
  const file = join(dir, 'claim')
  const release = () => rmSync(file, { force: true })
  for (;;) {
    try {
      writeFileSync(file, `${process.pid} ${port}`, { flag: 'wx' })
      const forget = atExit(release)
      return () => {
        forget()
        release()
      }
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error
    }
    await refuseIfServed(dir, file)
    release()
  }
}

/** The port of the living server of this directory, null when there is none; throws when it is there and silent. */
export async function servedPort(dir: string): Promise<number | null> {
  const file = join(dir, 'claim')
  const [owner = 0, port = 0] = readClaim(file)
  if (await serves(port, dir)) return port
  if (!isAlive(owner)) return null
  throw new StartupError(
    `The Redis of npm start (127.0.0.1:${port}) does not answer: stop that npm start, or remove ${file} if there is none.`,
    1,
  )
}

async function refuseIfServed(dir: string, file: string): Promise<void> {
  const [owner = 0, port = 0] = readClaim(file)
  const giveUpAt = Date.now() + START_TIMEOUT_MS
  for (;;) {
    if (await serves(port, dir)) {
      throw new StartupError(
        `A Redis on 127.0.0.1:${port} already serves ${dir}, probably from another npm start.\n` +
          `Stop that one (Ctrl-C where it runs, or: redis-cli -p ${port} shutdown),\n` +
          `or share it: REDIS_URL=redis://127.0.0.1:${port} npm start`,
      )
    }
    // A living owner may be between its claim and its server; a dead one has no server to come.
    if (!isAlive(owner) || Date.now() > giveUpAt) return
    await sleep(100)
  }
}

function readClaim(file: string): number[] {
  try {
    return readFileSync(file, 'utf8').split(' ').map(Number)
  } catch {
    return []
  }
}

// The port of an old claim may be another Redis's by now, so the server has to name the directory.
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
