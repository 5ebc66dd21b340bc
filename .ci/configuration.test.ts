import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { egressVariables } from '@sms-codes/core/config/egress-proxy'
import { ConfigError, loadConfig } from '@sms-codes/core/config/load'
import { findMisspelled } from '@sms-codes/core/config/misspelled'
import { MOVED } from '@sms-codes/core/config/moved-variables'
import { loadConfig as loadSimulatorConfig } from '../apps/simulator/src/config.ts'
import {
  CONFIGURATION_FILE,
  listVariables,
  renderConfiguration,
  renderSchema,
  renderUpgrade,
  renderVariables,
  ROOT,
  SCHEMA_FILE,
  SCHEMAS,
  UPGRADE_FILE,
  VARIABLES_FILE,
  type Variable,
} from './configuration.ts'

const coreSchemas = Object.entries(SCHEMAS).filter(([process]) => process !== 'simulator')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const variables = listVariables()
const lines = read('.env.example').split('\n')

// Defaults are commented out, so a copy of the file changes nothing until it is edited.
const entries = lines.flatMap((line, at) => {
  const [, hash, name, value] = /^(#?)([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? []
  if (name === undefined || value === undefined) return []
  return [{ name, value, commented: hash === '#', above: lines[at - 1] ?? '' }]
})

// The first reader's default. The simulator, which is read last, has sample values for the account of a vendor.
const defaultOf = ({ readers }: Variable) => readers[0]?.value ?? ''

test('.env.example lists every variable of the processes once, and no other variable', () => {
  const names = entries.map(({ name }) => name)
  expect(names.toSorted()).toEqual(variables.map(({ name }) => name).toSorted())
})

test('.env.example shows the defaults from the schemas', () => {
  const shown = Object.fromEntries(entries.map(({ name, value }) => [name, value]))
  expect(shown).toEqual(Object.fromEntries(variables.map((variable) => [variable.name, defaultOf(variable)])))
})

test('a copy of .env.example leaves the required variables empty and sets no other', () => {
  const open = entries.filter(({ commented }) => !commented)
  expect(open.filter(({ value }) => value !== '')).toEqual([])
  const required = variables.filter(({ readers }) => readers.some((reader) => reader.required))
  expect(open.map(({ name }) => name).toSorted()).toEqual(required.map(({ name }) => name).toSorted())
})

test('every variable of .env.example has a comment above it', () => {
  expect(entries.filter(({ above }) => !above.startsWith('# ')).map(({ name }) => name)).toEqual([])
})

test(`${CONFIGURATION_FILE} agrees with the schemas`, () => {
  const isCurrent = read(CONFIGURATION_FILE) === renderConfiguration()
  expect.assert(isCurrent, `${CONFIGURATION_FILE} is out of date; run: npm run docs:config`)
})

test(`${SCHEMA_FILE} agrees with the schema of the policy`, () => {
  expect.assert(
    read(SCHEMA_FILE) === renderSchema(),
    `${SCHEMA_FILE} is out of date; run: npm run docs:config`,
  )
})

test(`${VARIABLES_FILE} agrees with the schemas, and a variable has one default in all processes`, () => {
  expect.assert(
    read(VARIABLES_FILE) === renderVariables(),
    `${VARIABLES_FILE} is out of date; run: npm run docs:config`,
  )
  for (const { name, readers } of variables) {
    const own = readers.filter(({ process }) => process !== 'simulator')
    expect([name, new Set(own.map(({ value }) => value)).size]).toEqual([name, Math.min(own.length, 1)])
  }
})

test('docs/upgrade.md names the new place of every variable that has moved', () => {
  expect(read(UPGRADE_FILE)).toBe(renderUpgrade())
  expect(variables.filter(({ name }) => name in MOVED)).toEqual([])
})

test('the processes read at most 45 variables, beside the two names of the proxy that every program of a host reads', () => {
  const names = new Set(coreSchemas.flatMap(([, schema]) => Object.keys(schema.properties)))
  const ofTheHost = Object.keys(egressVariables)
  expect(ofTheHost).toEqual(['HTTPS_PROXY', 'NO_PROXY'])
  expect(names.size - ofTheHost.length).toBeLessThanOrEqual(45)
})

test.each(Object.entries(SCHEMAS).filter(([process]) => process !== 'simulator'))(
  'the %s does not report a variable of another process as misspelled',
  (_process, schema) => {
    const others = variables.filter(({ name }) => !(name in schema.properties))
    const env = Object.fromEntries(others.map(({ name }) => [name, 'set']))
    expect(others.length).toBeGreaterThan(5)
    expect(findMisspelled(schema, env)).toEqual([])
  },
)

const faultsOf = (load: () => unknown): readonly string[] => {
  try {
    load()
  } catch (err) {
    if (err instanceof ConfigError) return err.faults
    throw err
  }
  return []
}
const impossible = (names: string[]) => Object.fromEntries(names.map((name) => [name, '\u0001 \u0001']))

test.each(coreSchemas)(
  'a fault of the %s shows no regular expression, and a text with a form has an example',
  (_process, schema) => {
    const names = Object.keys(schema.properties)
    const faults = faultsOf(() => loadConfig(schema, impossible(names)))
    expect(faults.length).toBeGreaterThan(3)
    expect(faults.filter((fault) => /[\^\\[\]]|\{[0-9]+,|\)\*/.test(fault))).toEqual([])
    for (const name of names) {
      const pattern: unknown = Reflect.get(Reflect.get(schema.properties, name), 'pattern')
      if (typeof pattern !== 'string') continue
      const fault = faults.find((line) => line.startsWith(`${name}: `)) ?? ''
      const [, example = ''] = /such as ([^ ,;)]+)/.exec(fault) ?? []
      const inWords = / [0-9]+ (characters|to [0-9]+ (of|bytes|url-safe))/.test(fault)
      expect({ fault, isExplained: inWords || new RegExp(pattern).test(example) }).toEqual({
        fault,
        isExplained: true,
      })
    }
  },
)

test('a fault of the simulator shows no regular expression', () => {
  const loaded = loadSimulatorConfig(impossible(Object.keys(SCHEMAS.simulator.properties)))
  const faults = 'faults' in loaded ? loaded.faults : []
  expect(faults.length).toBeGreaterThan(20)
  expect(faults.filter((fault) => /[\^\\[\]]|\{[0-9]+,|\)\*/.test(fault))).toEqual([])
})
