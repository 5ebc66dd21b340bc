// Installs Debian packages, which needs root: the browser of the tests is too large to be unpacked elsewhere.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findProgram } from './find-program.ts'

const LOCK_TIMEOUT_SECONDS = 300

/**
 * Installs packages. Several processes may call it at once: apt's locks make them wait for each other.
 *
 * It runs apt-get once more after an update of the package lists if it fails: a new container has no lists, and old
 * lists name versions that are no longer available.
 * @throws Error without apt-get, with the command for root, or with the last lines of apt-get
 */
export async function aptInstall(
  packages: string[],
  say: (line: string) => void,
  env = process.env,
): Promise<void> {
  if (findProgram(['apt-get'], env) === null)
    throw new Error(`This needs ${packages.join(' and ')} of Debian or Ubuntu, but there is no apt-get`)
  const command = `apt-get install --no-install-recommends ${packages.join(' ')}`
  if (process.getuid?.() !== 0) throw new Error(`This needs a program that only root can install: ${command}`)
  say(`Installing ${packages.join(' ')} with apt-get`)
  const args = ['install', '-y', '--no-install-recommends', ...packages]
  const first = await runAptGet(args)
  if (first.ok) return
  say('Updating the package lists with apt-get update')
  const update = await updateLists()
  const second = await runAptGet(args)
  if (!second.ok) throw new Error(`${command} failed:\n${update.tail}\n${second.tail}`)
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
async function runAptGet(args: string[]): Promise<{ ok: boolean; tail: string }> {
  const dir = mkdtempSync(join(tmpdir(), 'sms-codes-apt-'))
  const log = join(dir, 'apt.log')
  const output = openSync(log, 'w')
  try {
    const child = spawn('apt-get', ['-o', `DPkg::Lock::Timeout=${LOCK_TIMEOUT_SECONDS}`, ...args], {
      detached: true,
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
