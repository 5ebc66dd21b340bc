// Prometheus and its promtool for the tests of what we tell it: those on the PATH, or Debian's, unpacked into
// our data directory. Debian's package would bring a service that runs.
import { accessSync, constants, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { aptUnpack, canAptInstall } from './apt.ts'
import { DATA_DIR } from './apps.ts'
import { StartupError } from './startup-error.ts'

export type Prometheus = { prometheus: string; promtool: string }

export async function ensurePrometheus(say: (line: string) => void): Promise<Prometheus> {
  const unpacked = join(DATA_DIR, 'prometheus')
  const own = join(unpacked, 'usr/bin')
  const dirs = [...(process.env['PATH'] ?? '').split(delimiter), own]
  const [found] = dirs.flatMap((dir) => programsOf(dir) ?? [])
  if (found !== undefined) return found
  if (!canAptInstall())
    throw new StartupError('prometheus and promtool are needed on the PATH: https://prometheus.io/download')
  mkdirSync(DATA_DIR, { recursive: true })
  // Into place in one step, so that whoever was interrupted leaves nothing that looks whole.
  const dir = mkdtempSync(`${unpacked}-`)
  await aptUnpack('prometheus', dir, say)
  rmSync(unpacked, { recursive: true, force: true })
  renameSync(dir, unpacked)
  const programs = programsOf(own)
  if (programs === null) throw new StartupError('the package prometheus holds no prometheus and promtool')
  return programs
}

function programsOf(dir: string): Prometheus | null {
  const programs = { prometheus: join(dir, 'prometheus'), promtool: join(dir, 'promtool') }
  try {
    for (const path of Object.values(programs)) accessSync(path, constants.X_OK)
    return programs
  } catch {
    return null
  }
}
