// Finds the faults of a policy against its schema, and says in words what a setting must be.
import { TransformKind, TypeGuard, type TSchema } from '@sinclair/typebox'
import { Value, ValueErrorType, type ValueError } from '@sinclair/typebox/value'
import { PolicySchema } from './policy-schema.ts'

/** A fault in the policy: the path of the setting, and what is wrong with it. */
export type PolicyFault = { at: readonly (string | number)[]; says: string }

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function faultsOf(value: unknown): PolicyFault[] {
  const wrong = [...Value.Errors(PolicySchema, value)].map((error) => ({
    at: pathOf(error),
    says: expectation(error),
  }))
  const faults = [...wrong, ...decodeFaults(PolicySchema, value, [])]
  // A missing setting is reported twice: as missing and as a value of the wrong type.
  return [...new Map(faults.map((fault) => [fault.at.join('.'), fault])).values()]
}

const pathOf = ({ path }: ValueError) =>
  path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))

/** The faults of values that have the right form, such as a duration out of its bounds. */
function decodeFaults(schema: TSchema, value: unknown, at: readonly (string | number)[]): PolicyFault[] {
  if (TypeGuard.IsTransform(schema)) {
    if (!Value.Check(schema, value)) return []
    try {
      schema[TransformKind].Decode(value)
      return []
    } catch (err) {
      return [{ at, says: err instanceof Error ? err.message : 'cannot be read' }]
    }
  }
  if (TypeGuard.IsArray(schema) && Array.isArray(value))
    return value.flatMap((item, i) => decodeFaults(schema.items, item, [...at, i]))
  if (!isRecord(value)) return []
  const schemaOf = TypeGuard.IsObject(schema)
    ? (name: string) => schema.properties[name]
    : () => (TypeGuard.IsRecord(schema) ? Object.values(schema.patternProperties)[0] : undefined)
  return Object.entries(value).flatMap(([name, item]) => {
    const own = schemaOf(name)
    return own === undefined ? [] : decodeFaults(own, item, [...at, name])
  })
}

/** Says in words what a setting must be. */
function expectation({ type, schema, value, path }: ValueError): string {
  if (type === ValueErrorType.ObjectAdditionalProperties) {
    if (TypeGuard.IsObject(schema))
      return `is not a setting; the settings here are ${Object.keys(schema.properties).join(', ')}`
    return `is not a valid name (${schema.description})`
  }
  const described = schema.description === undefined ? '' : ` (${schema.description})`
  if (value === undefined) return `is missing${described}`
  if (schema['type'] === 'string' && typeof value === 'number')
    return `must be text: put it in quotes${described}`
  if (schema['type'] === 'object')
    return path === '' ? 'must be sections with settings' : `must be a section with settings${described}`
  if (type === ValueErrorType.ArrayMinItems) return `must not be empty${described}`
  if (type === ValueErrorType.ArrayMaxItems)
    return `must have at most ${schema['maxItems']} entries${described}`
  if (type === ValueErrorType.ArrayUniqueItems) return `has an entry twice${described}`
  if (schema['type'] === 'array') return `must be a list${described}`
  if (schema['type'] === 'boolean') return `must be true or false${described}`
  if (schema['type'] === 'integer' || schema['type'] === 'number')
    return `must be a ${schema['type'] === 'integer' ? 'whole ' : ''}number from ${schema['minimum']} to ${schema['maximum']}${described}`
  return `has the wrong form${described}`
}
