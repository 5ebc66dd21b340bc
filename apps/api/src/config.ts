import { isIP } from 'node:net'
import { Type, type Static } from '@sinclair/typebox'
import { checkKeys, keyringOptions, loadConfig, shared, type Check, type Env } from '@sms-codes/core/config'
import type { CodePolicy } from '@sms-codes/core/code-store'
import { parseScenes } from '@sms-codes/core/scenes'
import { parseWindows, WINDOWS_PATTERN } from '@sms-codes/core/windows'

const windows = (fallback: string, description: string) =>
  Type.String({
    pattern: WINDOWS_PATTERN,
    default: fallback,
    description: `${description}, as most/seconds,…`,
  })

/** The environment of the API process. */
export const ApiEnv = Type.Object({
  API_PORT: shared.port(3000, 'port of the public HTTP API'),
  API_OPS_PORT: shared.port(9100, 'port of /livez, /readyz and /metrics'),
  HOST: shared.HOST,
  LOG_LEVEL: shared.LOG_LEVEL,
  REDIS_URL: shared.REDIS_URL,
  PHONE_KEY: shared.PHONE_KEY,
  CODE_KEYS: shared.CODE_KEYS,
  TRUST_PROXY: Type.String({
    default: '',
    description: 'comma list of proxy addresses or CIDRs whose X-Forwarded-For is believed',
  }),
  CORS_ORIGINS: Type.String({
    default: '',
    pattern: '^(https?://[^/,\\s]+(,https?://[^/,\\s]+)*)?$',
    description: 'comma list of origins whose pages may call the API',
  }),
  SCENES: Type.String({
    default: 'default; register; login; reset_password',
    description:
      'scenes by semicolon, each a name and what it sets for itself: ttl=, within=, length=, sends=',
  }),
  CODE_LENGTH: Type.Integer({ minimum: 6, maximum: 10, default: 6, description: 'digits of a code' }),
  CODE_TTL_SECONDS: Type.Integer({ minimum: 60, maximum: 600, default: 300, description: 'life of a code' }),
  SEND_WITHIN_SECONDS: Type.Integer({
    minimum: 10,
    maximum: 540,
    default: 120,
    description: 'later than this after the request no message leaves',
  }),
  LIMIT_PHONE_SENDS: windows('1/60,5/3600,10/86400', 'messages to one phone'),
  LIMIT_ADDRESS_IMAGES: windows('30/60', 'image codes for one address'),
  LIMIT_ADDRESS_ATTEMPTS: windows('30/600', 'answered image codes from one address'),
  LIMIT_ADDRESS_SENDS: windows('5/60,20/3600,100/86400', 'messages asked for by one address'),
  LIMIT_SUBNET_SENDS: windows('2000/3600', 'messages asked for by one subnet (/24, IPv6 /48)'),
  LIMIT_SEGMENT_SENDS: windows('600/60', 'messages to one number segment (its first seven digits)'),
  LIMIT_ADDRESS_VERIFIES: windows('30/300', 'codes tried from one address'),
  BUDGET_MESSAGES: Type.String({
    default: '',
    pattern: `^$|${WINDOWS_PATTERN}`,
    description: 'messages of the whole service, as most/seconds,…; needed in production',
  }),
  BUDGET_CENTS: Type.String({
    default: '',
    pattern: `^$|${WINDOWS_PATTERN}`,
    description: 'the same in money, with MESSAGE_CENTS for each message',
  }),
  MESSAGE_CENTS: Type.Number({
    minimum: 0.01,
    maximum: 1_000,
    default: 5,
    description: 'price of one message',
  }),
  GUARD_MODE: Type.Union([Type.Literal('off'), Type.Literal('observe'), Type.Literal('deny')], {
    default: 'observe',
    description:
      'what to do about a segment or address whose codes hardly anybody verifies: off, observe, deny',
  }),
  GUARD_MIN_SENDS: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 30,
    description: 'sends before the guard judges',
  }),
  GUARD_MIN_PERCENT: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 10,
    description: 'verified codes, in percent, that are enough',
  }),
  GUARD_WINDOW_SECONDS: Type.Integer({
    minimum: 60,
    maximum: 86_400,
    default: 900,
    description: 'how far back the guard counts',
  }),
  GUARD_DENY_SECONDS: Type.Integer({
    minimum: 60,
    maximum: 86_400,
    default: 1_800,
    description: 'how long a finding lasts',
  }),
  DRAIN_MS: Type.Integer({
    minimum: 0,
    maximum: 60_000,
    default: 0,
    description: 'milliseconds between "not ready" and closing, for a balancer to notice',
  }),
})

const list = (text: string) => (text === '' ? [] : text.split(','))

/** The settings of every scene, with the general ones where it has none of its own. */
function policies(values: Static<typeof ApiEnv>): Record<string, CodePolicy> {
  const { scenes } = parseScenes(values.SCENES)
  const entries = scenes.map(({ name, ...own }): [string, CodePolicy] => [
    name,
    {
      length: values.CODE_LENGTH,
      ttlSeconds: values.CODE_TTL_SECONDS,
      sendWithinSeconds: values.SEND_WITHIN_SECONDS,
      compares: 5,
      missesPerDay: 15,
      sends: parseWindows(values.LIMIT_PHONE_SENDS),
      ...own,
    },
  ])
  return Object.fromEntries(entries)
}

const checkScenes: Check = (env) => {
  const { scenes, faults } = parseScenes(env['SCENES'] || 'default')
  const [ttl, within] = [Number(env['CODE_TTL_SECONDS'] || 300), Number(env['SEND_WITHIN_SECONDS'] || 120)]
  const late = scenes.some(
    ({ ttlSeconds = ttl, sendWithinSeconds = within }) => sendWithinSeconds > ttlSeconds - 30,
  )
  if (late)
    faults.push('SEND_WITHIN_SECONDS: must be at least 30 less than the life of a code, or codes arrive dead')
  if (scenes.some(({ ttlSeconds = 300 }) => ttlSeconds < 60 || ttlSeconds > 600))
    faults.push('SCENES: ttl must be from 60 to 600')
  if (scenes.some(({ length = 6 }) => length < 6 || length > 10))
    faults.push('SCENES: length must be from 6 to 10')
  return faults
}

const checkProxies: Check = (env) => {
  const faulty = list(env['TRUST_PROXY'] ?? '').some((entry) => {
    const [address = '', prefix = '0', ...more] = entry.split('/')
    return isIP(address) === 0 || more.length > 0 || !(Number(prefix) <= (isIP(address) === 4 ? 32 : 128))
  })
  return faulty ? ['TRUST_PROXY: must be a comma list of addresses or CIDRs; "everybody" is none'] : []
}

const checkBudget: Check = (env) => {
  const faults: string[] = []
  if (env['NODE_ENV'] === 'production' && !env['BUDGET_MESSAGES'] && !env['BUDGET_CENTS'])
    faults.push('BUDGET_MESSAGES: is missing, and BUDGET_CENTS too; production needs one of them')
  const cents = parseWindows(env['BUDGET_CENTS'] ?? '')
  if (cents.some(({ most }) => most < Number(env['MESSAGE_CENTS'] || 5)))
    faults.push('BUDGET_CENTS: must pay for one message at least')
  return faults
}

/** @throws ConfigError */
export function loadApiConfig(env: Env) {
  const values = loadConfig(ApiEnv, env, [checkKeys, checkProxies, checkBudget, checkScenes])
  return {
    host: values.HOST,
    port: values.API_PORT,
    opsPort: values.API_OPS_PORT,
    logLevel: values.LOG_LEVEL,
    redisUrl: values.REDIS_URL,
    drainMs: values.DRAIN_MS,
    keyring: keyringOptions(values),
    trustProxy: list(values.TRUST_PROXY),
    corsOrigins: list(values.CORS_ORIGINS),
    policies: policies(values),
    limiters: {
      images: parseWindows(values.LIMIT_ADDRESS_IMAGES),
      attempts: parseWindows(values.LIMIT_ADDRESS_ATTEMPTS),
      verifies: parseWindows(values.LIMIT_ADDRESS_VERIFIES),
    },
    guard: {
      mode: values.GUARD_MODE,
      minSends: values.GUARD_MIN_SENDS,
      minPercent: values.GUARD_MIN_PERCENT,
      windowSeconds: values.GUARD_WINDOW_SECONDS,
      denySeconds: values.GUARD_DENY_SECONDS,
    },
    gate: {
      address: parseWindows(values.LIMIT_ADDRESS_SENDS),
      subnet: parseWindows(values.LIMIT_SUBNET_SENDS),
      segment: parseWindows(values.LIMIT_SEGMENT_SENDS),
      budget: [
        ...parseWindows(values.BUDGET_MESSAGES),
        ...parseWindows(values.BUDGET_CENTS).map(({ most, seconds }) => ({
          most: Math.floor(most / values.MESSAGE_CENTS),
          seconds,
        })),
      ],
    },
  }
}
export type ApiConfig = ReturnType<typeof loadApiConfig>

/** The policy of a scene; the routes' schemas let no unknown scene through. */
export function scenePolicies(all: Record<string, CodePolicy>) {
  return (scene: string): CodePolicy => {
    const policy = all[scene]
    if (policy === undefined) throw new Error(`no policy for scene ${scene}`)
    return policy
  }
}
