// Reads the CPU profiles that Node wrote, and sums the time of each function and of each group of functions.
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { markdownOf, textOf, type Section } from './section.ts'

const Profile = Type.Object({
  nodes: Type.Array(
    Type.Object({
      id: Type.Integer(),
      callFrame: Type.Object({
        functionName: Type.String(),
        url: Type.String(),
        lineNumber: Type.Integer(),
      }),
    }),
  ),
  samples: Type.Array(Type.Integer()),
  timeDeltas: Type.Array(Type.Number()),
})
export type Profile = Static<typeof Profile>
type Frame = Profile['nodes'][number]['callFrame']

const TOP = 15
const PAUSES = ['(idle)', '(program)', '(root)']

type Profiled = { name: string; profile: Profile }

/** The groups and functions of every profile in a directory that took most of its time. */
export function profileReport(dir: string): string {
  const sections = readProfiles(dir).flatMap(({ name, profile }) => [
    groupSection(name, profile),
    { title: name, rows: [['function', '%'], ...topOf(profile, functionOf)] },
  ])
  return sections.flatMap(textOf).join('\n')
}

/** The groups of the API and of the worker. If an app was started several times, the profile that is longest counts. */
export function profileDocument(dir: string): string {
  const profiles = readProfiles(dir)
  return ['api', 'worker']
    .flatMap((app) => {
      const own = profiles.filter(({ name }) => new RegExp(`^${app}-[0-9]+$`).test(name))
      const longest = own.toSorted((a, b) => b.profile.samples.length - a.profile.samples.length)[0]
      return longest === undefined ? [] : [markdownOf(groupSection(app, longest.profile))]
    })
    .join('\n\n')
}

const groupSection = (name: string, profile: Profile): Section => ({
  title: name,
  rows: [['group', '% of the CPU time'], ...topOf(profile, groupOf)],
})

/** @throws Error for a file that is not a CPU profile */
function readProfiles(dir: string): Profiled[] {
  const files = readdirSync(dir).filter((file) => file.endsWith('.cpuprofile'))
  return files.toSorted().map((file) => {
    const profile: unknown = JSON.parse(readFileSync(join(dir, file), 'utf8'))
    return { name: basename(file, '.cpuprofile'), profile: Value.Parse(Profile, profile) }
  })
}

/** The names with the most time of their own, with their share in per cent. */
export function topOf({ nodes, samples, timeDeltas }: Profile, nameOf: (frame: Frame) => string): string[][] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const times = new Map<string, number>()
  let all = 0
  for (const [at, id] of samples.entries()) {
    const frame = frames.get(id)
    if (frame === undefined || PAUSES.includes(frame.functionName)) continue
    const delta = timeDeltas[at] ?? 0
    all += delta
    const name = nameOf(frame)
    times.set(name, (times.get(name) ?? 0) + delta)
  }
  const sorted = [...times].toSorted(([, a], [, b]) => b - a).slice(0, TOP)
  return sorted.map(([name, time]) => [name, ((100 * time) / all).toFixed(1)])
}

/** The package, the module of Node, or the folder of this project that a function belongs to. */
export function groupOf({ url, functionName }: Frame): string {
  if (functionName === '(garbage collector)') return 'garbage collection'
  if (url === '') return /^(writev|write[A-Z]\w*)$/.test(functionName) ? 'socket writes' : 'native code'
  const [, inPackage] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? []
  if (inPackage !== undefined) return inPackage
  const [, inNode] = /^node:(?:internal\/)?([^/]+)/.exec(url) ?? []
  if (inNode !== undefined) return `node:${inNode}`
  const [, inProject] = /\/((?:apps|packages)\/[^/]+\/dist\/[^/]+)/.exec(url) ?? []
  return inProject?.replace('/dist', '') ?? url
}

export function functionOf({ url, functionName, lineNumber }: Frame): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  return url === '' ? name : `${name} ${url.split('/').slice(-2).join('/')}:${lineNumber + 1}`
}
