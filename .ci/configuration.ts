// Renders docs/configuration.md, the table of docs/upgrade.md, the JSON Schema of the policy file and the list of
// variables for `ops config` from the schemas that validate them. With --write, this script writes the files.
// configuration.test.ts checks that they are current.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TypeGuard, type TSchema } from '@sinclair/typebox'
import { ApiEnv } from '../apps/api/src/config/variables.ts'
import { BoardEnv } from '../apps/board/src/config.ts'
import { OpsEnv } from '../apps/ops/src/config.ts'
import { ConfigSchema as SimulatorEnv } from '../apps/simulator/src/config.ts'
import { WorkerEnv } from '../apps/worker/src/config/variables.ts'
import { MOVED } from '../packages/core/src/config/moved-variables.ts'
import { PolicySchema } from '../packages/core/src/config/policy-schema.ts'

export const ROOT = join(import.meta.dirname, '..')
export const CONFIGURATION_FILE = 'docs/configuration.md'
export const UPGRADE_FILE = 'docs/upgrade.md'
export const SCHEMA_FILE = 'packages/core/policy.schema.json'
export const VARIABLES_FILE = 'apps/ops/src/variables.ts'
const POLICY_FILE = 'packages/core/policy.yaml'

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

<!-- Written by npm run docs:config from the schemas of the apps and from packages/core/policy.yaml. -->

The policy (scenes, gateways, limits, countries) is one YAML file, which \`POLICY_FILE\` names: see
[the policy file](#the-policy-file). Addresses, secrets, ports and settings of a process are environment variables. An empty
variable counts as not set. A process with a faulty configuration prints all faults at once, never the value of a
variable, and exits with code 78. If a name in the environment differs from one of these in one letter, and the right
name is not set, the API, worker or board logs a warning. A variable of an earlier version is a fault that names the
setting in its place ([upgrade.md](upgrade.md)).

\`.env.example\` lists the same variables. \`npm start\` and \`npm run start:<app>\` read \`.env\`, fill in required
variables that are missing, and without \`POLICY_FILE\` write a policy whose gateways are the simulator's to
\`.data/policy.yaml\`. \`docker compose\` takes its secrets from \`.env\`. The operators' commands (\`ops\`,
[ops-cli.md](ops-cli.md)) need the values of the API. With \`NODE_ENV=production\` no process reads \`.env\`, nothing is
filled in, and a worker refuses development gateways. Keep a *secret* in the environment of the processes named beside
it, and in no file of the repository.

| variable | read by | default | meaning |
|---|---|---|---|
${rows.join('\n')}

## The policy file

All processes must have the same file. Check it before a rollout: \`npm run ops -- check-policy FILE\` reports every fault
with its line. Editors complete and check it by
[policy.schema.json](../packages/core/policy.schema.json). These are the built-in values:

\`\`\`yaml
${readFileSync(join(ROOT, POLICY_FILE), 'utf8').trimEnd()}
\`\`\`
`
}

/** The variables of our processes for `ops config`, because no app imports the schema of another app. */
export function renderVariables(): string {
  const quoted = (text: string | null) => (text === null ? 'null' : `'${text}'`)
  const rows = listVariables().flatMap(({ name, meaning, readers }) => {
    const own = readers.filter(({ process }) => process !== 'simulator')
    if (own[0] === undefined) return []
    const processes = own.map(({ process }) => process).join(', ')
    const isSecret = meaning.startsWith('secret: ')
    return `  ['${name}', '${processes}', ${quoted(own[0].value)}, ${isSecret}],`
  })
  return `// Written by npm run docs:config from the schemas of the apps.

/** Each variable: its name, the processes that read it, its default, and whether it is a secret. */
export const VARIABLES: readonly (readonly [string, string, string | null, boolean])[] = [
${rows.join('\n')}
]
`
}

/** The JSON Schema of the policy file, for editors. A file may leave out what is merged with the built-in values. */
export const renderSchema = (): string => `${JSON.stringify(withoutRequired(PolicySchema), null, 2)}\n`

function withoutRequired(schema: TSchema): object {
  if (!TypeGuard.IsObject(schema)) return schema
  const { required: _, ...rest } = schema
  const properties = new Map(
    Object.entries(schema.properties).map(([name, value]) => [name, withoutRequired(value)]),
  )
  return { ...rest, properties: Object.fromEntries<object>(properties) }
}

/** docs/upgrade.md, which ends with a table of the old variables and the settings that replace them. */
export const renderUpgrade = (): string =>
  [
    readFileSync(join(ROOT, UPGRADE_FILE), 'utf8')
      .replace(/^\| variable .*/ms, '')
      .trimEnd(),
    '',
    '| variable | setting |',
    '|---|---|',
    ...Object.entries(MOVED).map(([name, place]) => `| \`${name}\` | ${place} |`),
    '',
  ].join('\n')

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
  writeFileSync(join(ROOT, SCHEMA_FILE), renderSchema())
  writeFileSync(join(ROOT, VARIABLES_FILE), renderVariables())
  writeFileSync(join(ROOT, UPGRADE_FILE), renderUpgrade())
}
