import type { Static, TObject } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import leven, { closestMatch } from 'leven'

/**
 * Environment variables in, one frozen and typed object out. Every fault is reported at once, by the
 * variable's name and never by its value; a process with a fault in its configuration does not start.
 */
export type Env = Record<string, string | undefined>
export type Check = (env: Env) => string[]

/** sysexits.h EX_CONFIG: a supervisor need not try again before somebody changed the configuration. */
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
 * @param checks faults that one variable's schema cannot see, each a line that begins with a name; they see the
 *   defaults where nothing is set
 * @throws ConfigError
 */
export function loadConfig<T extends TObject>(
  schema: T,
  env: Env,
  checks: Check[] = [],
): Readonly<Static<T>> {
  // An empty variable is how a shell or a compose file says "not set".
  const given = Object.fromEntries(
    Object.keys(schema.properties).flatMap((name) => (env[name] ? [[name, env[name]]] : [])),
  )
  // Value.Convert would take 3e4 for 3 and 0x10 for 16.
  const odd = Object.entries(schema.properties).flatMap(([name, { type }]) =>
    type === 'integer' && given[name] !== undefined && !/^[0-9]+$/.test(given[name]) ? [name] : [],
  )
  const values: unknown = Value.Convert(schema, Value.Default(schema, given))
  const faults = new Map<string, string>()
  for (const { path, message, schema: at } of Value.Errors(schema, values)) {
    const name = path.slice(1)
    const what = name in given ? message.replace(/^Expected/, 'expected') : 'is missing'
    if (!faults.has(name)) faults.set(name, `${name}: ${what} (${at.description ?? 'see the README'})`)
  }
  for (const name of odd) if (!faults.has(name)) faults.set(name, `${name}: expected digits only`)
  const filled = { ...env, ...defaultsFor(schema, env) }
  const slips = findSlips(Object.keys(schema.properties), env)
  const found = checks.flatMap((check) => check(filled))
  const all = [...new Set([...faults.values(), ...slips, ...found])]
  if (all.length > 0 || !Value.Check(schema, values)) throw new ConfigError(all)
  return Object.freeze(values)
}

function defaultsFor({ properties }: TObject, env: Env): Env {
  const missing = Object.entries(properties).filter(([name, at]) => !env[name] && at.default !== undefined)
  return Object.fromEntries(missing.map(([name, at]) => [name, String(at.default)]))
}

/** Names so ordinary that their like may be somebody else's. */
const ORDINARY = [
  'API_KEYS',
  'API_PORT',
  'CORS_ORIGINS',
  'EVENTS_URL',
  'HOST',
  'LOG_LEVEL',
  'MAIL_FROM',
  'PUBLIC_URL',
  'REDIS_URL',
  'SCENES',
  'SMTP_URL',
  'TRACING',
  'WEBHOOK_URL',
]

/**
 * Names that are one of ours but for a letter or two: `LIMIT_ADRESS_SENDS` would leave that limit at its default
 * without a word. A name whose like is set as well is somebody else's.
 */
function findSlips(names: string[], env: Env): string[] {
  const meant = names.filter((name) => !env[name] && !ORDINARY.includes(name))
  return Object.keys(env).flatMap((given) => {
    if (!env[given] || names.includes(given)) return []
    const name = given.toUpperCase()
    const like = closestMatch(name, meant, { maxDistance: 2 })
    return like === undefined || !isSlip(name, like)
      ? []
      : [`${given}: there is no such variable; is ${like} meant?`]
  })
}

/** Two letters of a short name make another word of it, unless they only stand in another order. */
function isSlip(given: string, meant: string): boolean {
  const sorted = (name: string) => Array.from(name).toSorted().join('')
  return meant.length > 9 || leven(given, meant) < 2 || sorted(given) === sorted(meant)
}

/** For `main.ts`: the faults go to standard error and the process ends with 78. */
export function configOrExit<C>(load: () => C): C {
  try {
    return load()
  } catch (err) {
    if (!(err instanceof ConfigError)) throw err
    process.stderr.write(`${err.message}\n`)
    return process.exit(EXIT_CONFIG)
  }
}

/** The entries of a comma list; none of an empty one. */
export const list = (text: string) => (text === '' ? [] : text.split(','))

/** Whether traces are asked for: by name, or by an address for them. */
export const wantsTracing = ({
  TRACING,
  OTEL_EXPORTER_OTLP_ENDPOINT,
}: {
  TRACING?: 'on' | 'off'
  OTEL_EXPORTER_OTLP_ENDPOINT?: string
}): boolean => (TRACING ?? (OTEL_EXPORTER_OTLP_ENDPOINT === undefined ? 'off' : 'on')) === 'on'

/** The two key variables as the keyring wants them; call it on values that were checked. */
export function keyringOptions({ PHONE_KEY, CODE_KEYS }: { PHONE_KEY: string; CODE_KEYS: string }) {
  return {
    phoneKey: Buffer.from(PHONE_KEY, 'base64'),
    codeKeys: CODE_KEYS.split(',').map((entry) => {
      const colon = entry.indexOf(':')
      return { kid: entry.slice(0, colon), key: Buffer.from(entry.slice(colon + 1), 'base64') }
    }),
  }
}
