import type { StaticDecode, TObject, TSchema } from '@sinclair/typebox'
import { TransformDecodeError, Value } from '@sinclair/typebox/value'
import { textOf } from './egress-proxy.ts'
import { movedVariables } from './moved-variables.ts'
import { policyFaults } from './policy-checks.ts'
import type { PolicyFault } from './policy-faults.ts'
import { readPolicy } from './policy.ts'
import type { Policy } from './policy-schema.ts'

export type Env = Record<string, string | undefined>

/**
 * A rule that involves more than one variable. A value is undefined if its variable is not set or has a fault.
 * @returns one line per fault, `NAME: what is wrong`, with the variable to change; false where a fault is not present
 */
export type Check<Values> = (values: Partial<Values>) => readonly (string | false)[]

/** A rule that involves the policy. It is applied to the policy without the settings that have faults. */
export type PolicyCheck<Values> = (
  policy: Policy,
  values: Partial<Values>,
) => readonly (PolicyFault | string | false)[]

export type Checks<Values> = { variables?: readonly Check<Values>[]; policy?: readonly PolicyCheck<Values>[] }

/** EX_CONFIG of sysexits.h: a supervisor need not restart the process until its configuration changes. */
export const EXIT_CONFIG = 78

export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly faults: readonly string[]
  constructor(faults: readonly string[]) {
    super(['the configuration has faults:', ...faults.map((fault) => `  ${fault}`)].join('\n'))
    this.faults = faults
  }
}

/**
 * Turns environment variables and the policy file that POLICY_FILE names into one frozen object of decoded values.
 * Reports every fault at once, by the name of the variable or of the setting, and never by a variable's value.
 * @param checks see all values that could be decoded, defaults included
 * @throws ConfigError
 */
export function loadConfig<T extends TObject>(
  schema: T,
  env: Env,
  checks?: Checks<StaticDecode<T>>,
): Readonly<StaticDecode<T> & { policy: Policy }>
export function loadConfig(
  schema: TObject,
  env: Env,
  checks: Checks<Record<string, unknown>> = {},
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  const faults = new Map<string, string[]>()
  for (const [name, variable] of Object.entries(schema.properties)) {
    const { value, faults: found } = readVariable(
      variable,
      textOf(env, name),
      schema.required?.includes(name),
    )
    if (found !== undefined) faults.set(name, found)
    else if (value !== undefined) values[name] = value
  }
  const lines = [...faults].flatMap(([name, found]) => found.map((fault) => `${name}: ${fault}`))
  const { policy, faults: ofFile, describe } = readPolicy(env['POLICY_FILE'] || undefined)
  const placeOf = (line: string) => line.slice(0, line.indexOf(': '))
  const faulty = new Set(ofFile.map(placeOf))
  const policyChecks = [policyFaults, ...(checks.policy ?? [])]
  const broken = [
    ...(checks.variables ?? []).flatMap((check) => check(values)),
    ...policyChecks.flatMap((check) => (policy === null ? [] : check(policy, values))),
  ]
    .filter((fault) => fault !== false)
    .map((fault) => (typeof fault === 'string' ? fault : describe(fault)))
    // A further fault of the same variable or setting is not reported, because the first one is often its cause.
    .filter((line) => !faults.has(line.slice(0, line.indexOf(':'))) && !faulty.has(placeOf(line)))
  const all = [...new Set([...movedVariables(env), ...lines, ...ofFile, ...broken])]
  if (all.length > 0) throw new ConfigError(all)
  return Object.freeze({ ...values, policy })
}

const SEE = 'see docs/configuration.md'

function readVariable(schema: TSchema, text: string | undefined, isRequired = false) {
  // Shells and compose files often set a variable to an empty text to say "not set".
  let given: unknown = text || schema.default
  if (text && schema['type'] === 'integer' && /^[0-9]+$/.test(text)) given = Number(text)
  if (given === undefined) return isRequired ? { faults: [`is missing (${schema.description ?? SEE})`] } : {}
  if (!Value.Check(schema, given)) return { faults: [expectation(schema)] }
  try {
    return { value: Value.Decode(schema, given) }
  } catch (err) {
    if (!(err instanceof TransformDecodeError)) throw err
    return { faults: err.message.split('\n') }
  }
}

/** Says in words what a value must be. For a text, the description explains the form. */
const expectation = ({ type, minimum, maximum, description = SEE }: TSchema) =>
  type === 'integer'
    ? `must be a whole number from ${minimum} to ${maximum}`
    : `has the wrong form (${description})`
