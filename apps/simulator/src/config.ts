// The environment of the simulator. Every fault is found at once; an empty variable counts as one that is not set.
import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

const Word = (byDefault: string, description: string) =>
  Type.String({ pattern: '^[0-9A-Za-z]{1,64}$', default: byDefault, description })

export const ConfigSchema = Type.Object({
  SIMULATOR_PORT: Type.Integer({
    minimum: 0,
    maximum: 65_535,
    default: 3002,
    description: 'port of the simulator and its demo page',
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
    description: 'address of the API as the browser of the demo page reaches it',
  }),
  CCP_ACCOUNT_SID: Word('8aaf0700000000000000000000000001', 'CCP account sid that the worker signs with'),
  CCP_AUTH_TOKEN: Word('0123456789abcdef0123456789abcdef', 'CCP auth token that the worker signs with'),
  CCP_APP_ID: Word('8aaf0700000000000000000000000002', 'CCP application id that the worker sends'),
  CCP_TEMPLATE_ID: Type.String({
    pattern: '^[0-9]{1,9}$',
    default: '1',
    description: 'CCP template that is taken beside the test template 1',
  }),
  SIMULATOR_BOUND_NUMBERS: Type.String({
    pattern: '^\\d{11}( *, *\\d{11})*$|^$',
    default: '',
    description: 'comma list of numbers that template 1 may be sent to; empty for every number',
  }),
  SIMULATOR_VENDOR_LIMITS: Type.String({
    pattern: '^(on|off)$',
    default: 'on',
    description: 'on or off: the limits per number that CCP has',
  }),
})

export type Config = Static<typeof ConfigSchema>

export type Environment = Record<string, string | undefined>

export function loadConfig(env: Environment): { config: Config } | { faults: string[] } {
  const given: Record<string, unknown> = {}
  for (const name of Object.keys(ConfigSchema.properties)) {
    const value = env[name]
    if (value !== undefined && value.trim() !== '') given[name] = value.trim()
  }
  const port = given['SIMULATOR_PORT']
  if (typeof port === 'string' && /^\d+$/.test(port)) given['SIMULATOR_PORT'] = Number(port)

  const candidate = Value.Default(ConfigSchema, given)
  if (Value.Check(ConfigSchema, candidate)) return { config: Object.freeze(candidate) }

  const faults = [...Value.Errors(ConfigSchema, candidate)].map(({ path, message }) => {
    // Which value was wrong stays out of the text: one of them is a token.
    return `${path.slice(1)}: ${message}`
  })
  return { faults: [...new Set(faults)] }
}
