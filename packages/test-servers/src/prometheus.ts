// Prometheus and promtool, for the tests of the alert rules and the dashboard. They come from the PATH, or
// from Debian's package, which is unpacked into the data directory: installing it would start a service.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { DATA_DIR } from '@sms-codes/launcher/apps'
import { aptGet, canAptInstall } from '@sms-codes/launcher/apt'
import { findProgram } from '@sms-codes/launcher/find-program'

export type Prometheus = { prometheus: string; promtool: string }

export async function ensurePrometheus(say: (line: string) => void): Promise<Prometheus> {
  const unpacked = join(DATA_DIR, 'prometheus')
  const PATH = [process.env['PATH'] ?? '', join(unpacked, 'usr/bin')].join(delimiter)
  const found = findPrometheus(PATH)
  if (found !== null) return found
  if (!canAptInstall())
    throw new Error('prometheus and promtool must be on the PATH: https://prometheus.io/download')
  mkdirSync(DATA_DIR, { recursive: true })
  // The directory gets its name when it is complete, so an interrupted run leaves none that looks complete.
  const dir = mkdtempSync(`${unpacked}-`)
  await unpackPackage('prometheus', dir, say)
  rmSync(unpacked, { recursive: true, force: true })
  renameSync(dir, unpacked)
  const programs = findPrometheus(PATH)
  if (programs === null) throw new Error('the package prometheus contains no prometheus and promtool')
  return programs
}

function findPrometheus(PATH: string): Prometheus | null {
  const [prometheus, promtool] = [findProgram(['prometheus'], { PATH }), findProgram(['promtool'], { PATH })]
  return prometheus === null || promtool === null ? null : { prometheus, promtool }
}

/** Downloads a Debian package into a directory and unpacks it there, without its services and dependencies. */
async function unpackPackage(name: string, dir: string, say: (line: string) => void): Promise<void> {
  say(`Downloading ${name} with apt-get, to unpack it without installing it`)
  await aptGet(['download', name], say, dir)
  const [archive] = readdirSync(dir).filter((file) => file.endsWith('.deb'))
  if (archive === undefined) throw new Error(`apt-get download ${name} left no package`)
  const unpacking = spawn('dpkg-deb', ['-x', archive, '.'], { cwd: dir, stdio: 'ignore' })
  const code: unknown = (await once(unpacking, 'exit'))[0]
  if (code !== 0) throw new Error(`dpkg-deb cannot unpack ${archive}`)
  rmSync(join(dir, archive))
}
