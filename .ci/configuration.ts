// Renders docs/configuration.md from the schemas that validate the environment of each process. With --write,
// this script writes the file. configuration.test.ts checks that the file is current.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ApiEnv } from '../apps/api/src/config/variables.ts'
import { BoardEnv } from '../apps/board/src/config.ts'
import { OpsEnv } from '../apps/ops/src/config.ts'
import { ConfigSchema as SimulatorEnv } from '../apps/simulator/src/config.ts'
import { WorkerEnv } from '../apps/worker/src/config/variables.ts'

export const ROOT = join(import.meta.dirname, '..')
export const CONFIGURATION_FILE = 'docs/configuration.md'

type Property = { default?: unknown; description?: string; minimum?: number; maximum?: number }
type Schema = { properties: Record<string, Property>; required?: string[] }

export const SCHEMAS = {
  api: ApiEnv,
  worker: WorkerEnv,
  board: BoardEnv,
  simulator: SimulatorEnv,
  ops: OpsEnv,
}

/** A process that reads a variable, with its default. `value` is null when the process has none. */
type Reader = { process: string; value: string | null; required: boolean }
export type Variable = { name: string; meaning: string; readers: Reader[] }

/** All variables, in the order of the schemas. One that several processes read is listed with the first of them. */
export function listVariables(): Variable[] {
  const variables = new Map<string, Variable>()
  for (const [process, schema] of Object.entries<Schema>(SCHEMAS)) {
    for (const [name, property] of Object.entries(schema.properties)) {
      const variable = variables.get(name) ?? { name, meaning: meaningOf(name, property), readers: [] }
      const value = textOf(property.default)
      const required = value === null && (schema.required ?? []).includes(name)
      variables.set(name, { ...variable, readers: [...variable.readers, { process, value, required }] })
    }
  }
  return [...variables.values()]
}

function textOf(value: unknown): string | null {
  if (value === undefined) return null
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function meaningOf(name: string, property: Property): string {
  const { description: meaning, minimum, maximum } = property
  if (meaning === undefined) throw new Error(`${name} has no description in its schema`)
  const isPort = maximum === 65_535
  return minimum === undefined || maximum === undefined || isPort
    ? meaning
    : `${meaning}; ${minimum} to ${maximum}`
}

export function renderConfiguration(): string {
  const rows = listVariables().map(({ name, meaning, readers }) => {
    const processes = readers.map(({ process }) => process).join(', ')
    return `| \`${name}\` | ${processes} | ${defaultOf(readers)} | ${meaning.replaceAll('|', '\\|')} |`
  })
  return `# Configuration

<!-- Written by npm run docs:config from the schemas of the apps. -->

Every process takes its configuration from environment variables only. An empty variable counts as not set. A process
with a faulty configuration prints all faults at once, without values, and exits with code 78. If a name in the
environment differs from one of these in one letter, and the right name is not set, the API, worker or
board logs a warning. \`npm start\` sets many variables itself, and then gives no warning about names like theirs.

\`.env.example\` lists the same variables. \`npm start\` and \`npm run start:<app>\` read \`.env\` and fill in required
variables that are missing; \`docker compose\` takes its secrets from \`.env\`. The operators' commands (\`ops\`,
[ops-cli.md](ops-cli.md)) need the values of the API. With \`NODE_ENV=production\` no process reads a file, nothing is
filled in, and a worker refuses development gateways. Keep a *secret* in the environment of the processes named beside
it, and in no file of the repository.

A limit \`most/seconds,…\` is a list of sliding windows: \`1/60,2/180\` allows at most 1 message in any 60 seconds and at
most 2 in any 180. \`sends=\` of a scene replaces \`LIMIT_PHONE_SENDS\` for that scene; the count includes the phone's
messages of all scenes.

| variable | read by | default | meaning |
|---|---|---|---|
${rows.join('\n')}
`
}

function defaultOf(readers: Reader[]): string {
  const shown = readers.map(({ process, value, required }) => ({ process, text: show(value, required) }))
  const texts = new Set(shown.map(({ text }) => text))
  if (texts.size === 1) return [...texts].join('')
  return shown.map(({ process, text }) => `${process}: ${text}`).join('; ')
}

function show(value: string | null, required: boolean): string {
  if (value === null) return required ? '**required**' : 'none'
  return value === '' ? 'empty' : `\`${value}\``
}

if (process.argv.includes('--write')) {
  writeFileSync(join(ROOT, CONFIGURATION_FILE), renderConfiguration())
}
