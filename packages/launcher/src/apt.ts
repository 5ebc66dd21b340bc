// Installs Debian packages for the programs that npm cannot install: Redis, and a browser for the tests.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const LOCK_TIMEOUT_SECONDS = 300

/** The facts that decide how a program is found or installed. A test passes those of another machine. */
export type Machine = { env: NodeJS.ProcessEnv; uid: number; osRelease: string }

export function thisMachine(): Machine {
  let osRelease = ''
  try {
    osRelease = readFileSync('/etc/os-release', 'utf8')
  } catch {
    // Not Linux, so apt is not available.
  }
  return { env: process.env, uid: process.getuid?.() ?? -1, osRelease }
}

/** True for root on Debian, Ubuntu and their derivatives. */
export function canAptInstall({ uid, osRelease }: Machine = thisMachine()): boolean {
  return uid === 0 && /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(osRelease)
}

/** Installs packages. Several processes may call it at once: apt's locks make them wait for each other. */
export async function aptInstall(packages: string[], say: (line: string) => void): Promise<void> {
  say(`Installing ${packages.join(' ')} with apt-get`)
  await aptGet(['install', '-y', '--no-install-recommends', ...packages], say)
}

/**
 * Runs apt-get, and once more after an update of the package lists if it fails: a new container has no
 * lists, and old lists name versions that are no longer available.
 * @throws Error with the last lines of apt-get
 */
export async function aptGet(args: string[], say: (line: string) => void, cwd = '/'): Promise<void> {
  const first = await runAptGet(args, cwd)
  if (first.ok) return
  say('Updating the package lists with apt-get update')
  const update = await updateLists()
  const second = await runAptGet(args, cwd)
  if (!second.ok) throw new Error(`apt-get ${args.join(' ')} failed:\n${update.tail}\n${second.tail}`)
}

// DPkg::Lock::Timeout does not apply to the lock of the package lists, so this function waits for it.
async function updateLists() {
  const giveUpAt = Date.now() + LOCK_TIMEOUT_SECONDS * 1000
  for (;;) {
    const update = await runAptGet(['update'])
    if (update.ok || !update.tail.includes('Could not get lock') || Date.now() > giveUpAt) return update
    await sleep(2_000)
  }
}

// apt-get runs in its own session and writes to a file. If this process ends first, apt-get still finishes
// and does not leave a half-configured package behind.
async function runAptGet(args: string[], cwd = '/'): Promise<{ ok: boolean; tail: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'sms-codes-apt-'))
  const log = join(dir, 'apt.log')
  const output = openSync(log, 'w')
  try {
    const child = spawn('apt-get', ['-o', `DPkg::Lock::Timeout=${LOCK_TIMEOUT_SECONDS}`, ...args], {
      detached: true,
      cwd,
      stdio: ['ignore', output, output],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' },
    })
    const code: unknown = (await once(child, 'exit'))[0]
    return { ok: code === 0, tail: readFileSync(log, 'utf8').trim().split('\n').slice(-10).join('\n') }
  } catch (error) {
    return { ok: false, tail: String(error) }
  } finally {
    closeSync(output)
    rmSync(dir, { recursive: true, force: true })
  }
}
