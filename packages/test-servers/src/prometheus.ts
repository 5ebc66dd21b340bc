// Prometheus, promtool and redis_exporter, for the tests of the alert rules and the dashboard. They come from the PATH,
// or from Debian's packages, which are unpacked into the data directory: installing them would start services.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { DATA_DIR } from '@sms-codes/launcher/apps'
import { aptGet, canAptInstall } from '@sms-codes/launcher/apt'
import { findProgram } from '@sms-codes/launcher/find-program'

export type Prometheus = { prometheus: string; promtool: string }
type Say = (line: string) => void

/** @throws Error if the programs are not on the PATH and cannot be unpacked */
export async function ensurePrometheus(say: Say): Promise<Prometheus> {
  const [prometheus, promtool] = await ensurePrograms('prometheus', [['prometheus'], ['promtool']], say)
  return { prometheus: prometheus ?? '', promtool: promtool ?? '' }
}

/** Returns the path of redis_exporter. @throws Error if it is not on the PATH and cannot be unpacked */
export async function ensureRedisExporter(say: Say): Promise<string> {
  const names = [['redis_exporter', 'prometheus-redis-exporter']]
  const [program] = await ensurePrograms('prometheus-redis-exporter', names, say)
  return program ?? ''
}

/** @param wanted for each program the names that it may have */
async function ensurePrograms(name: string, wanted: string[][], say: Say): Promise<string[]> {
  const unpacked = join(DATA_DIR, name)
  const PATH = [process.env['PATH'] ?? '', join(unpacked, 'usr/bin')].join(delimiter)
  const find = () => wanted.flatMap((names) => findProgram(names, { PATH }) ?? [])
  if (find().length === wanted.length) return find()
  const all = wanted.map(([first]) => first).join(' and ')
  if (!canAptInstall()) throw new Error(`${all} must be on the PATH: https://prometheus.io/download`)
  mkdirSync(DATA_DIR, { recursive: true })
  // The directory gets its name when it is complete, so an interrupted run leaves none that looks complete.
  const dir = mkdtempSync(`${unpacked}-`)
  await unpackPackage(name, dir, say)
  rmSync(unpacked, { recursive: true, force: true })
  renameSync(dir, unpacked)
  if (find().length < wanted.length) throw new Error(`the package ${name} does not contain ${all}`)
  return find()
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
