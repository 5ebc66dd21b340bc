// Prometheus, promtool and redis_exporter, for the tests of the alert rules and the dashboard. They come from the PATH,
// or from Debian's packages, which are unpacked and not installed: installing them would start services.
import { findProgram } from '@sms-codes/launcher/find-program'
import { canUnpack, findUnpacked, thisMachine, unpackPackage } from '@sms-codes/launcher/unpacked-programs'

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

/** @param wanted for each program the names that it may have; the last one is that of Debian's file */
async function ensurePrograms(name: string, wanted: string[][], say: Say): Promise<string[]> {
  const machine = thisMachine()
  const find = () =>
    wanted.flatMap((names) => {
      const [own = ''] = names
      return findProgram(names, machine.env) ?? findUnpacked(name, own, machine) ?? []
    })
  if (find().length === wanted.length) return find()
  const all = wanted.map(([first]) => first).join(' and ')
  if (!canUnpack(machine)) throw new Error(`${all} must be on the PATH: https://prometheus.io/download`)
  const programs = Object.fromEntries(wanted.map((names) => [names[0] ?? '', names.at(-1) ?? '']))
  await unpackPackage({ name, programs }, machine, say)
  return find()
}
