// Installs Debian packages for the pieces npm cannot bring: Redis, and a browser for one test.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const LOCK_TIMEOUT_SECONDS = 300

/** What decides how a program can be found or installed; a test describes another machine with it. */
export type Machine = { env: NodeJS.ProcessEnv; uid: number; osRelease: string }

export function thisMachine(): Machine {
  let osRelease = ''
  try {
    osRelease = readFileSync('/etc/os-release', 'utf8')
  } catch {
    // Not a Linux: there is no apt either.
  }
  return { env: process.env, uid: process.getuid?.() ?? -1, osRelease }
}

/** Only as root, and only where apt is the system's own way. */
export function canAptInstall({ uid, osRelease }: Machine = thisMachine()): boolean {
  return uid === 0 && /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(osRelease)
}

/** Safe to call from several processes at once: the second waits for the first one's locks. */
export async function aptInstall(packages: string[], say: (line: string) => void): Promise<void> {
  const install = ['install', '-y', '--no-install-recommends', ...packages]
  say(`Installing ${packages.join(' ')} with apt-get`)
  const first = await aptGet(install)
  if (first.ok) return
  // A fresh container has no package lists, an old one has lists of versions that are gone.
  say('Updating the package lists with apt-get update')
  const update = await aptGetUpdate()
  const second = await aptGet(install)
  if (!second.ok) throw new Error(`apt-get ${install.join(' ')} failed:\n${update.tail}\n${second.tail}`)
}

/**
 * Fetches a package into a directory and unpacks it there: its programs without its services, users and
 * dependencies.
 */
export async function aptUnpack(name: string, dir: string, say: (line: string) => void): Promise<void> {
  say(`Fetching ${name} with apt-get, to unpack it and not to install it`)
  const first = await aptGet(['download', name], dir)
  if (!first.ok) {
    say('Updating the package lists with apt-get update')
    const update = await aptGetUpdate()
    const second = await aptGet(['download', name], dir)
    if (!second.ok) throw new Error(`apt-get download ${name} failed:\n${update.tail}\n${second.tail}`)
  }
  const [archive] = readdirSync(dir).filter((file) => file.endsWith('.deb'))
  if (archive === undefined) throw new Error(`apt-get download ${name} left no package`)
  const unpacking = spawn('dpkg-deb', ['-x', archive, '.'], { cwd: dir, stdio: 'ignore' })
  const code: unknown = (await once(unpacking, 'exit'))[0]
  if (code !== 0) throw new Error(`dpkg-deb cannot unpack ${archive}`)
  rmSync(join(dir, archive))
}

// DPkg::Lock::Timeout does not cover the lock on the package lists, so that wait is ours.
async function aptGetUpdate() {
  const giveUpAt = Date.now() + LOCK_TIMEOUT_SECONDS * 1000
  for (;;) {
    const update = await aptGet(['update'])
    if (update.ok || !update.tail.includes('Could not get lock') || Date.now() > giveUpAt) return update
    await sleep(2_000)
  }
}

// apt-get writes to a file, in a session of its own: should we end halfway, it finishes what it began
// rather than leave the machine with a half-configured package.
async function aptGet(args: string[], cwd = '/'): Promise<{ ok: boolean; tail: string }> {
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
