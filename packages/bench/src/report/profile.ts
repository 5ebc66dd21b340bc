// Reads the CPU profiles that Node wrote, and sums the time of each function and of each group of functions.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { table } from '../table.ts'

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

/** The top of every profile in a directory: the share of each group and function of the time that was not idle. */
export function profileReport(dir: string): string {
  const files = readdirSync(dir).filter((file) => file.endsWith('.cpuprofile'))
  return files
    .toSorted()
    .map((file) => {
      const profile: unknown = JSON.parse(readFileSync(join(dir, file), 'utf8'))
      if (!Value.Check(Profile, profile)) return `${file}: not a CPU profile`
      const groups = table([['group', '%'], ...topOf(profile, groupOf)])
      return [file, ...groups, '', ...table([['function', '%'], ...topOf(profile, functionOf)]), ''].join(
        '\n',
      )
    })
    .join('\n')
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
  if (url === '') return 'native code'
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
