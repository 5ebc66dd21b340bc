import { isIP } from 'node:net'
import { Type, type Static, type TObject } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { parseRedisUrl, REDIS_URL_FORMS, REDIS_URL_PATTERN } from './redis-url.ts'

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
  const all = [...faults.values(), ...checks.flatMap((check) => check(filled))]
  if (all.length > 0 || !Value.Check(schema, values)) throw new ConfigError(all)
  return Object.freeze(values)
}

function defaultsFor({ properties }: TObject, env: Env): Env {
  const missing = Object.entries(properties).filter(([name, at]) => !env[name] && at.default !== undefined)
  return Object.fromEntries(missing.map(([name, at]) => [name, String(at.default)]))
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

const port = (value: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: value, description })

const CODE_KEYS_PATTERN = '^[a-z0-9]{1,8}:[A-Za-z0-9+/]{43}=(,[a-z0-9]{1,8}:[A-Za-z0-9+/]{43}=)*$'

/** One or two secrets of Standard Webhooks. */
export const WHSEC = '^whsec_[A-Za-z0-9+/]{32,88}={0,2}(,whsec_[A-Za-z0-9+/]{32,88}={0,2})?$'

/** Variables that more than one process reads. */
export const shared = {
  port,
  HOST: Type.String({ default: '127.0.0.1', description: 'address to listen on' }),
  LOG_LEVEL: Type.Union(
    ['fatal', 'error', 'warn', 'info', 'debug', 'silent'].map((level) => Type.Literal(level)),
    { default: 'info', description: 'fatal, error, warn, info, debug or silent' },
  ),
  REDIS_URL: Type.String({
    pattern: REDIS_URL_PATTERN,
    default: 'redis://127.0.0.1:6379',
    description: `${REDIS_URL_FORMS} address of the Redis all processes share`,
  }),
  PHONE_KEY: Type.String({
    pattern: '^[A-Za-z0-9+/]{43}=$',
    description: 'secret: 32 random bytes in base64; names phones in Redis',
  }),
  CODE_KEYS: Type.String({
    pattern: CODE_KEYS_PATTERN,
    description: 'secret: comma list of id:key, newest first, each key 32 random bytes in base64',
  }),
  TRUST_PROXY: Type.String({
    default: '',
    description: 'comma list of proxy addresses or CIDRs whose X-Forwarded-For is believed',
  }),
  SCENES: Type.String({
    default: 'default; register; login; reset_password',
    description:
      'scenes by semicolon, each a name and what it sets for itself: ttl=, within=, length=, sends=, fallback=yes, receipt_within=',
  }),
  CALLBACK_TOKEN: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_-]{24,128}$',
      description:
        'secret: last part of the address that gateways send delivery receipts to; without it none are taken',
    }),
  ),
  PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s?#]*[^\\s?#/]$',
      description: 'address of the API as gateways reach it, without a slash at its end',
    }),
  ),
  TWILIO_AUTH_TOKEN: Type.Optional(
    Type.String({ minLength: 16, description: 'secret: Twilio auth token; signs calls and receipts' }),
  ),
  WEBHOOK_SECRETS: Type.Optional(
    Type.String({
      pattern: WHSEC,
      description:
        'secret: whsec_ and 24 to 64 bytes in base64, signs calls and receipts; two by comma while one replaces the other',
    }),
  ),
  EVENTS_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s]+$',
      description:
        'address of your application that is told when a message was sent, delivered, mailed or failed',
    }),
  ),
  TRACING: Type.Optional(
    Type.Union([Type.Literal('on'), Type.Literal('off')], {
      description:
        'on or off: traces for the OpenTelemetry SDK that is loaded into the process; on as well where OTEL_EXPORTER_OTLP_ENDPOINT is set',
    }),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      description: 'where that SDK sends traces; read by it, here only to know that there is one',
    }),
  ),
  CODE_TTL_SECONDS: Type.Integer({ minimum: 60, maximum: 600, default: 300, description: 'life of a code' }),
}

/** Whether traces are asked for: by name, or by an address for them. */
export const wantsTracing = ({
  TRACING,
  OTEL_EXPORTER_OTLP_ENDPOINT,
}: {
  TRACING?: 'on' | 'off'
  OTEL_EXPORTER_OTLP_ENDPOINT?: string
}): boolean => (TRACING ?? (OTEL_EXPORTER_OTLP_ENDPOINT === undefined ? 'off' : 'on')) === 'on'

/** Secrets of Standard Webhooks have 24 to 64 bytes, which a pattern cannot count. */
export const checkWebhookSecrets =
  (name: string): Check =>
  (env) => {
    const text = env[name] ?? ''
    if (!new RegExp(WHSEC).test(text)) return []
    const sizes = text.split(',').map((secret) => Buffer.from(secret.slice('whsec_'.length), 'base64').length)
    return sizes.some((size) => size > 64) ? [`${name}: a secret must have 24 to 64 bytes`] : []
  }

/** An address that only looks like one would end up in an error message, password and all. */
export const checkUrl =
  (name: string): Check =>
  (env) =>
    env[name] && !URL.canParse(env[name]) ? [`${name}: is no address (scheme://host:port)`] : []

/** Every fault of `REDIS_URL` that its pattern cannot see. */
export const checkRedisUrl: Check = (env) => {
  const text = env['REDIS_URL'] ?? ''
  if (!new RegExp(REDIS_URL_PATTERN).test(text)) return []
  return parseRedisUrl(text).faults.map((fault) => `REDIS_URL: ${fault}`)
}

/** The entries of a comma list; none of an empty one. */
export const list = (text: string) => (text === '' ? [] : text.split(','))

export const checkProxies: Check = (env) => {
  const faulty = list(env['TRUST_PROXY'] ?? '').some((entry) => {
    const [address = '', prefix = '32', ...more] = entry.split('/')
    const most = isIP(address) === 4 ? 32 : 128
    const inRange = /^[0-9]{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= most
    return isIP(address) === 0 || more.length > 0 || !inRange
  })
  return faulty ? ['TRUST_PROXY: must be a comma list of addresses or CIDRs; "everybody" is none'] : []
}

/** Faults of the two key variables that a pattern cannot see. */
export const checkKeys: Check = (env) => {
  const text = env['CODE_KEYS'] ?? ''
  if (!new RegExp(CODE_KEYS_PATTERN).test(text)) return []
  const ring = text.split(',').map((entry) => entry.split(':'))
  const ids = ring.map(([kid]) => kid)
  const secrets = [...ring.map(([, key]) => key), env['PHONE_KEY']]
  const faults: string[] = []
  if (new Set(ids).size < ids.length) faults.push('CODE_KEYS: two keys have the same id')
  if (new Set(secrets).size < secrets.length)
    faults.push('CODE_KEYS: a key stands twice, or is PHONE_KEY again')
  return faults
}

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
