// The simulator's environment variables. An empty variable counts as unset.
import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { VENDOR_SETTINGS } from './vendors/vendor-settings.ts'

export const ConfigSchema = Type.Object({
  SIMULATOR_PORT: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 3002,
    description: 'port of the simulator and its demo page',
  }),
  SIMULATOR_SMTP_PORT: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 3025,
    description: "port of the simulator's mail server; 0 for any free port",
  }),
  HOST: Type.String({ default: '127.0.0.1', description: 'address to listen on' }),
  LOG_LEVEL: Type.String({
    pattern: '^(fatal|error|warn|info|debug|trace|silent)$',
    default: 'info',
    description: 'fatal, error, warn, info, debug, trace or silent',
  }),
  API_URL: Type.String({
    pattern: '^https?://[^\\s/?#]+(/[^\\s?#]*)?$',
    default: 'http://127.0.0.1:3000',
    description: 'address of the API for the browser that shows the demo page',
  }),
  DEMO_API_KEY: Type.String({
    pattern: '^([A-Za-z0-9_-]{32,128})?$',
    default: '',
    description:
      'secret: a key from API_KEYS with which the simulator plays the back end of the demo page: it stores e-mail addresses and redeems receipts; empty turns both off',
  }),
  SMS_GATEWAYS: Type.String({
    pattern: '^[a-z][a-z0-9_]*( *, *[a-z][a-z0-9_]*)*$',
    default: 'ccp',
    description: 'gateways that the demo page can break, comma-separated',
  }),
  ...VENDOR_SETTINGS,
})

export type Config = Static<typeof ConfigSchema>

export type Environment = Record<string, string | undefined>

/** Returns the configuration, or every fault as `NAME: what is wrong`. */
export function loadConfig(env: Environment): { config: Config } | { faults: string[] } {
  const given: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(ConfigSchema.properties)) {
    const value = env[name]?.trim() ?? ''
    if (value === '') continue
    given[name] = property.type === 'integer' && /^\d+$/.test(value) ? Number(value) : value
  }

  const candidate = Value.Default(ConfigSchema, given)
  if (Value.Check(ConfigSchema, candidate)) return { config: Object.freeze(candidate) }

  const faults = [...Value.Errors(ConfigSchema, candidate)].map(({ path, message, schema }) => {
    // The value is left out, because it may be a secret. The message of a text would show its pattern.
    const fault =
      schema['type'] === 'string'
        ? `has the wrong form (${schema.description?.replace('secret: ', '') ?? ''})`
        : message
    return `${path.slice(1)}: ${fault}`
  })
  return { faults: [...new Set(faults)] }
}
