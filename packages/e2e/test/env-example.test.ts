import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findMisspelled } from '@sms-codes/core/config/misspelled'
import { ApiEnv } from '../../../apps/api/src/config/variables.ts'
import { BoardEnv } from '../../../apps/board/src/config.ts'
import { OpsEnv } from '../../../apps/ops/src/env.ts'
import { WorkerEnv } from '../../../apps/worker/src/config/variables.ts'
import {
  CONFIGURATION_FILE,
  listVariables,
  renderConfiguration,
  ROOT,
  type Variable,
} from '../configuration.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const variables = listVariables()
const lines = read('.env.example').split('\n')

// A default stands behind a "#", so that a copy of the file changes nothing until somebody edits it.
const entries = lines.flatMap((line, at) => {
  const [, hash, name, value] = /^(#?)([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? []
  if (name === undefined || value === undefined) return []
  return [{ name, value, commented: hash === '#', above: lines[at - 1] ?? '' }]
})

// The simulator comes last: it has made-up values where a worker needs those of a real account.
const defaultOf = ({ readers }: Variable) => readers[0]?.value ?? ''

test('.env.example names every variable of the four processes once, and no other', () => {
  const names = entries.map(({ name }) => name)
  expect(names.toSorted()).toEqual(variables.map(({ name }) => name).toSorted())
})

test('.env.example shows the defaults of the schemas', () => {
  const shown = Object.fromEntries(entries.map(({ name, value }) => [name, value]))
  expect(shown).toEqual(Object.fromEntries(variables.map((variable) => [variable.name, defaultOf(variable)])))
})

test('a copy of .env.example asks for what is required and sets nothing', () => {
  const open = entries.filter(({ commented }) => !commented)
  expect(open.filter(({ value }) => value !== '')).toEqual([])
  const required = variables.filter(({ readers }) => readers.some((reader) => reader.required))
  expect(open.map(({ name }) => name).toSorted()).toEqual(required.map(({ name }) => name).toSorted())
})

test('every line of .env.example has its meaning above it', () => {
  expect(entries.filter(({ above }) => !above.startsWith('# ')).map(({ name }) => name)).toEqual([])
})

test(`${CONFIGURATION_FILE} says what the schemas say`, () => {
  const isCurrent = read(CONFIGURATION_FILE) === renderConfiguration()
  expect.assert(isCurrent, `${CONFIGURATION_FILE} is behind the schemas; write it again: npm run docs:config`)
})

test.each(Object.entries({ api: ApiEnv, worker: WorkerEnv, board: BoardEnv, ops: OpsEnv }))(
  'no variable of another process looks to the %s like a misspelled one of its own',
  (_process, schema) => {
    const others = variables.filter(({ name }) => !(name in schema.properties))
    const env = Object.fromEntries(others.map(({ name }) => [name, 'set']))
    expect(others.length).toBeGreaterThan(5)
    expect(findMisspelled(schema, env)).toEqual([])
  },
)
