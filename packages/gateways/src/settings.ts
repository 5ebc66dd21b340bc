// Defines the kinds of variables that several vendors use, and checks for faults in their values.
import { Type, type StringOptions } from '@sinclair/typebox'
import type { SettingsContext } from './vendor.ts'

/** @param decode throws an Error whose message completes `NAME: …` */
export const decodedText = <Value>(options: StringOptions, decode: (given: string) => Value) =>
  Type.Transform(Type.String(options))
    .Decode(decode)
    .Encode(() => {
      throw new Error('settings are only read')
    })

export const text = (pattern: string, description: string, options: StringOptions = {}) =>
  Type.String({ ...options, pattern, description })

export const secret = (description: string) =>
  Type.String({ minLength: 16, description: `secret: ${description}, 16 characters or more` })

export const url = (description: string, options: StringOptions = {}) =>
  decodedText({ ...options, pattern: '^https?://[^\\s]+$', description }, (address) => {
    if (!URL.canParse(address)) throw new Error('must be an address such as https://host:port')
    return new URL(address)
  })

export const apiUrl = (vendor: string, address: string) =>
  url(`address of the ${vendor} API, such as ${address}`, { default: address })

/** Decodes `login:1234,pay:77` into a map by scene. @param pattern describes a template */
export const sceneTemplates = (pattern = '[^,:\\s]{1,64}') =>
  byScene('template', 'login:1234,pay:77', pattern, ([template = '']) => template)

/** @param decode makes a value of the parts that follow the scene, which `pattern` describes */
export const byScene = <Value>(
  form: string,
  example: string,
  pattern: string,
  decode: (parts: string[]) => Value,
) =>
  decodedText(
    {
      default: '',
      pattern: `^([a-z][a-z0-9_]{0,31}:${pattern}(,|$))*$`,
      description: `scenes with a template of their own, as scene:${form},…, such as ${example}`,
    },
    (given): ReadonlyMap<string, Value> => {
      const entries = given.split(',').filter((entry) => entry !== '')
      const split = entries.map((entry) => entry.split(':'))
      if (new Set(split.map(([scene]) => scene)).size < split.length) throw new Error('has a scene twice')
      return new Map(split.map(([scene = '', ...parts]) => [scene, decode(parts)]))
    },
  )

type Fault = string | false
type Templates = ReadonlyMap<string, unknown> | undefined

export function sceneFault(variable: string, templates: Templates, { scenes }: SettingsContext): Fault {
  const isUnknown = (scene: string) => scenes !== undefined && scenes.every(({ name }) => name !== scene)
  const hasUnknown = [...(templates?.keys() ?? [])].some(isUnknown)
  return hasUnknown && `${variable}: names a scene that SCENES does not have`
}

/** Messages contain codes, so they leave the machine over TLS only, except to a container in development. */
export function plaintextFault(variable: string, address: URL | undefined, context: SettingsContext): Fault {
  if (address === undefined || address.protocol === 'https:' || isLoopback(address.hostname)) return false
  // A container network resolves names without a dot; the public DNS does not.
  const isContainer = /^[a-z][a-z0-9-]*$/.test(address.hostname)
  const isAllowed = isContainer && !context.isProduction
  return !isAllowed && `${variable}: must be https, because messages contain codes`
}

/** A vendor's API is never on this machine, so an address on this machine is a simulator and fails in production. */
export const apiUrlFault = (variable: string, address: URL | undefined, context: SettingsContext): Fault =>
  context.isProduction && address !== undefined && isLoopback(address.hostname)
    ? `${variable}: a simulator on this machine is not allowed in production`
    : plaintextFault(variable, address, context)

/** @param hostname as URL spells it */
export const isLoopback = (hostname: string) => /^(127\.[0-9.]+|localhost|\[::1\])$/.test(hostname)
