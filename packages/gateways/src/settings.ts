// Owns the kinds of variables that vendors share, and the faults that they can have.
import { Type, type StaticDecode, type TSchema } from '@sinclair/typebox'
import type { SettingsContext } from './vendor.ts'

/** @param decode throws an Error whose message completes `NAME: …` */
export function decodedBy<S extends TSchema, Value>(schema: S, decode: (value: StaticDecode<S>) => Value) {
  return Type.Transform(schema)
    .Decode(decode)
    .Encode(() => {
      throw new Error('settings are only read')
    })
}

export const text = (pattern: string, description: string) => Type.String({ pattern, description })

export const secret = (description: string) =>
  Type.String({ minLength: 16, description: `secret: ${description}` })

export const url = (description: string, fallback?: string) =>
  decodedBy(
    Type.String({
      ...(fallback !== undefined && { default: fallback }),
      pattern: '^https?://[^\\s]+$',
      description,
    }),
    (address) => {
      if (!URL.canParse(address)) throw new Error('must be an address such as https://host:port')
      return new URL(address)
    },
  )

export const apiUrl = (vendor: string, fallback: string) => url(`address of the ${vendor} API`, fallback)

/** `login:1234,pay:77` as a map. */
export const sceneTemplates = () =>
  decodedBy(
    Type.String({
      default: '',
      pattern: '^([a-z][a-z0-9_]{0,31}:[^,:\\s]{1,64}(,|$))*$',
      description: 'scenes with a template of their own, as scene:template,…',
    }),
    (list): ReadonlyMap<string, string> =>
      new Map(entriesOf(list).map(([scene = '', template = '']) => [scene, template])),
  )

/** `a:b:c,d:e:f` as lists. */
export const entriesOf = (list: string) =>
  list
    .split(',')
    .filter((entry) => entry !== '')
    .map((entry) => entry.split(':'))

export function sceneFaults(
  variable: string,
  templates: ReadonlyMap<string, unknown> | undefined,
  { scenes }: SettingsContext,
): string[] {
  if (templates === undefined || scenes === undefined) return []
  const known = new Set(scenes.map(({ name }) => name))
  const hasUnknown = [...templates.keys()].some((scene) => !known.has(scene))
  return hasUnknown ? [`${variable}: names a scene that SCENES does not have`] : []
}

/** Messages contain codes, so they may leave the machine over TLS only. */
export function plaintextFaults(
  variable: string,
  address: URL | undefined,
  { isProduction }: SettingsContext,
): string[] {
  if (address === undefined || address.protocol === 'https:' || isLoopback(address.hostname)) return []
  // A container network resolves names without a dot; the public DNS does not.
  const isContainer = /^[a-z][a-z0-9-]*$/.test(address.hostname)
  return isContainer && !isProduction ? [] : [`${variable}: must be https, because messages contain codes`]
}

/** In production, only a simulator could be on the same machine, because a vendor's API is not. */
export function apiUrlFaults(variable: string, address: URL | undefined, context: SettingsContext): string[] {
  return context.isProduction && address !== undefined && isLoopback(address.hostname)
    ? [`${variable}: a simulator on this machine is not allowed in production`]
    : plaintextFaults(variable, address, context)
}

/** @param hostname as URL spells it */
export function isLoopback(hostname: string): boolean {
  return /^(127\.[0-9.]+|localhost|\[::1\])$/.test(hostname)
}
