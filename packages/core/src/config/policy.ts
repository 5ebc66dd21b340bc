// Reads the policy file. The built-in values are packages/core/policy.yaml, which is read in the same way.
import { readFileSync } from 'node:fs'
import { TypeGuard, type TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml'
import { faultsOf, isRecord, type PolicyFault } from './policy-faults.ts'
import { PolicySchema, type Policy } from './policy-schema.ts'

type Source = { document: Document; settings: unknown; lines: LineCounter; name: string }
export type ReadPolicy = {
  /** The policy without the settings that have faults. Null if the rest cannot be used either. */
  policy: Policy | null
  /** One line per fault, with the line in the file and the path of the setting. */
  faults: readonly string[]
  /** The line that reports a further fault. */
  describe: (fault: PolicyFault) => string
}

const YAML_FAULTS: Readonly<Partial<Record<string, string>>> = {
  MULTIPLE_DOCS: 'the file: must have no second document (a line ---)',
  DUPLICATE_KEY: 'this name is in its section twice',
}

const BUILT_IN = new URL('../../policy.yaml', import.meta.url)

/** @param file the operator's file; undefined for the built-in values alone */
export function readPolicy(file: string | undefined): ReadPolicy {
  const builtIn = parse(BUILT_IN, 'policy.yaml')
  const describeBuiltIn = ({ at, says }: PolicyFault) => `${at.join('.')}: ${says}`
  if (file === undefined) {
    return {
      policy: Value.Decode(PolicySchema, builtIn.settings),
      faults: [],
      describe: describeBuiltIn,
    }
  }
  let own: Source
  try {
    own = parse(file, file)
  } catch (err) {
    if (!(err instanceof Error)) throw err
    // The error of a missing file has a code. An alias without its anchor, or one that contains itself, has a message.
    const [why] =
      'code' in err && err.code !== 'ERR_ENCODING_INVALID_ENCODED_DATA'
        ? [String(err.code)]
        : err.message.split('\n')
    return {
      policy: null,
      faults: [`POLICY_FILE: the file cannot be read (${why})`],
      describe: describeBuiltIn,
    }
  }
  const describe = ({ at, says }: PolicyFault) =>
    [`${own.name}:${lineOf(own, at)}`, `${at.join('.') || 'the file'}: ${says}`].join(' ')
  const { errors } = own.document
  if (errors.length > 0) {
    // Further errors often follow from the first ones.
    const faults = errors.slice(0, 3).map(({ code, message, pos: [offset] }) => {
      const says = YAML_FAULTS[code] ?? `the file is not YAML: ${message}`
      return `${own.name}:${own.lines.linePos(offset).line} ${says}`
    })
    return { policy: null, faults, describe }
  }
  const merged = merge(PolicySchema, builtIn.settings, own.settings)
  const faults = faultsOf(merged)
  const policy =
    faults.length === 0
      ? Value.Decode(PolicySchema, merged)
      : withoutFaulty(builtIn.settings, own.settings, faults)
  return { policy, faults: faults.map(describe), describe }
}

/**
 * The built-in settings, and these with the settings of a file that `readPolicy` read without faults, all as written.
 */
export function readSettings(file: string | undefined): { builtIn: unknown; settings: unknown } {
  const { settings: builtIn } = parse(BUILT_IN, 'policy.yaml')
  const own = file === undefined ? undefined : parse(file, file).settings
  return { builtIn, settings: merge(PolicySchema, builtIn, own) }
}

/**
 * The policy without the faulty settings, so that the rules about several settings can be applied too and all faults are
 * reported at once. A section that lacks a removed setting is removed in the next round.
 */
function withoutFaulty(builtIn: unknown, settings: unknown, faults: readonly PolicyFault[]): Policy | null {
  let paths = faults.map(({ at }) => at)
  for (let round = 0; round < 5; round++) {
    // A later entry of a list is removed before an earlier one, whose removal changes its index.
    const byIndex = (a: string | number, b: string | number) => Number(b) - Number(a) || 0
    paths.toSorted((a, b) => byIndex(a.at(-1) ?? 0, b.at(-1) ?? 0)).forEach((at) => remove(settings, at))
    const sound = merge(PolicySchema, builtIn, settings)
    const more = faultsOf(sound)
    if (more.length === 0) return Value.Decode(PolicySchema, sound)
    paths = more.map(({ at }) => at.slice(0, -1))
  }
  return null
}

function parse(file: string | URL, name: string): Source {
  const lines = new LineCounter()
  // With `prettyErrors` the messages would repeat parts of the file.
  const document = parseDocument(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file)), {
    lineCounter: lines,
    prettyErrors: false,
  })
  const settings: unknown = document.errors.length === 0 ? document.toJS() : null
  // Throws if an alias contains itself, because no reader of the settings would come to an end.
  JSON.stringify(settings)
  return { document, settings, lines, name }
}

/** A faulty text becomes `{code}`, so that the settings that name its locale have no fault. */
function remove(settings: unknown, at: readonly (string | number)[]): void {
  const [first, ...rest] = at
  if (first === 'texts' && isRecord(settings) && isRecord(settings[first]) && typeof rest[0] === 'string')
    return void (settings[first][rest[0]] = '{code}')
  if (first === undefined || typeof settings !== 'object' || settings === null) return
  if (rest.length > 0) remove(Reflect.get(settings, first), rest)
  else if (Array.isArray(settings)) settings.splice(Number(first), 1)
  else Reflect.deleteProperty(settings, first)
}

/**
 * A section with fixed settings is merged, everything else is replaced. A setting without a value, such as a section of
 * which every line is a comment, counts as not set.
 */
function merge(schema: TSchema, builtIn: unknown, own: unknown): unknown {
  if (own === null || own === undefined) return builtIn
  if (TypeGuard.IsRecord(schema) && isRecord(own))
    return Object.fromEntries(Object.entries(own).map(([name, value]) => [name, value ?? {}]))
  if (!TypeGuard.IsObject(schema) || !isRecord(builtIn) || !isRecord(own)) return own
  const names = new Set([...Object.keys(builtIn), ...Object.keys(own)])
  return Object.fromEntries(
    [...names].map((name) => {
      const setting = schema.properties[name]
      return [name, setting === undefined ? own[name] : merge(setting, builtIn[name], own[name])]
    }),
  )
}

/** The line of a setting, or of the nearest section around it that the file has. */
function lineOf({ document, lines }: Source, at: readonly (string | number)[]): number {
  let node: unknown = document.contents
  let offset = 0
  for (const part of at) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))
      if (pair === undefined) break
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(part)]
      if (isNode(node)) offset = node.range?.[0] ?? offset
    } else break
  }
  return lines.linePos(offset).line
}
