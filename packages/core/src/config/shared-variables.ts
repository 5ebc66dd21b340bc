import { Type } from '@sinclair/typebox'
import { choice, integer, optionalText, parsed, parseProxies, parseTestNumbers, url } from './decoders.ts'
import { parseCodeKeys, parseKey } from './keys.ts'
import { parseScenes } from './scenes.ts'
import { parseWindows } from '../limits/windows.ts'
import { parseRedisUrl, REDIS_URL_FORMS } from '../redis/url.ts'

export const port = (value: number, description: string) =>
  integer({ minimum: 0, maximum: 65_535, default: value }, description)

export const windows = (fallback: string, description: string) =>
  parsed(parseWindows, { default: fallback, description: `${description}, as most/seconds,…` })

/** Checks the address and returns its text, because `connectRedis` takes a text. @throws Error */
function checkedRedisUrl(given: string): string {
  parseRedisUrl(given)
  return given
}

export const MOST_SHARDS = 16

/** Variables of every process. */
export const processVariables = {
  NODE_ENV: Type.Optional(
    choice(['production', 'development', 'test'], {
      description: 'production, development or test; production refuses what only development may use',
    }),
  ),
  BUILD_COMMIT: optionalText({
    pattern: '^[A-Za-z0-9._-]{1,64}$',
    description:
      'commit of the build, such as 3f2a9c1, for the version that processes report; the images set it',
  }),
  HOST: Type.String({ default: '127.0.0.1', description: 'address to listen on' }),
  LOG_LEVEL: choice(['fatal', 'error', 'warn', 'info', 'debug', 'silent'], {
    default: 'info',
    description: 'fatal, error, warn, info, debug or silent',
  }),
  REDIS_URL: parsed(checkedRedisUrl, {
    default: 'redis://127.0.0.1:6379',
    description: `address of the Redis that all processes share: ${REDIS_URL_FORMS}`,
  }),
  QUEUE_SHARDS: integer(
    { minimum: 1, maximum: MOST_SHARDS, default: 1 },
    'number of queues that share the messages by SMS, so that a Redis Cluster spreads them over its nodes; the same in every process (docs/operations.md)',
  ),
}

/** Variables of the API and the worker. */
export const tracingVariables = {
  TRACING: Type.Optional(
    choice(['on', 'off'], {
      description:
        'on or off: traces for the OpenTelemetry SDK that is loaded into the process; if not set, on if OTEL_EXPORTER_OTLP_ENDPOINT is set',
    }),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: optionalText({
    description: 'address to which that SDK sends traces; this service only checks whether it is set',
  }),
}

/** The keys. Every process that handles numbers or codes needs these variables. */
export const keyVariables = {
  PHONE_KEY: parsed(parseKey, {
    description: 'secret: 32 random bytes in base64, from which the pseudonyms of phones are derived',
  }),
  CODE_KEYS: parsed(parseCodeKeys, {
    description:
      'secret: comma list of id:key, newest first, each key 32 random bytes in base64; protects the codes',
  }),
}

/** The policy of codes. Only the API and the operators' commands need all of these variables. */
export const codeVariables = {
  SCENES: parsed(parseScenes, {
    default: 'default; register; login; reset_password',
    description:
      'scenes, separated by semicolons. A scene is a name and settings that replace the general ones: ttl= (CODE_TTL_SECONDS), within= (SEND_WITHIN_SECONDS), length= (CODE_LENGTH), sends= (LIMIT_PHONE_SENDS; sends=1/60,2/180 is one message a minute and two in three minutes), fallback=yes (a code goes by e-mail if SMS fails), receipt_within= (seconds after which it also goes by e-mail if no delivery receipt has arrived; needs fallback=yes)',
  }),
  CODE_LENGTH: integer({ minimum: 6, maximum: 10, default: 6 }, 'number of digits in a code'),
  CODE_TTL_SECONDS: integer({ minimum: 60, maximum: 600, default: 300 }, 'lifetime of a code in seconds'),
  SEND_WITHIN_SECONDS: integer(
    { minimum: 10, maximum: 540, default: 120 },
    'seconds after the request in which a message may be sent; at least 30 less than the lifetime of the code',
  ),
  LIMIT_PHONE_SENDS: windows('1/60,5/3600,10/86400', 'limit of messages to one phone'),
  TEST_NUMBERS: parsed(parseTestNumbers, {
    default: '',
    description:
      'comma list of mobile:code:last-day, such as 13800000001:123456:2026-12-31; until that day (UTC) the number has this fixed code and gets no messages',
  }),
}

/** The budget of the whole service. */
export const budgetVariables = {
  BUDGET_MESSAGES: windows('', 'limit of all messages (production needs this or BUDGET_CENTS)'),
  BUDGET_CENTS: windows('', 'limit of the cost of all messages in cents (MESSAGE_CENTS for each)'),
  MESSAGE_CENTS: Type.Number({
    minimum: 0.01,
    maximum: 1_000,
    default: 5,
    description: 'price of one message in cents',
  }),
}

/** How long the guard against SMS pumping counts a send. The workers count the sends, and the API judges them. */
export const guardWindowVariables = {
  GUARD_WINDOW_SECONDS: integer(
    { minimum: 60, maximum: 86_400, default: 900 },
    'seconds for which the guard counts the messages of a segment and of the whole service',
  ),
  GUARD_ADDRESS_WINDOW_SECONDS: integer(
    { minimum: 60, maximum: 86_400, default: 900 },
    'seconds for which the guard counts the messages of an address',
  ),
}

/** Other variables that more than one process reads. */
export const shared = {
  TRUST_PROXY: parsed(parseProxies, {
    default: '',
    description: 'comma list of addresses and CIDRs of proxies whose X-Forwarded-For header is trusted',
  }),
  CALLBACK_TOKEN: optionalText({
    pattern: '^[A-Za-z0-9_-]{24,128}$',
    description:
      'secret: last part of the address to which gateways send delivery receipts, 24 to 128 of A-Z, a-z, 0-9, _ and -, as openssl rand -hex 24 prints them; without it, the API accepts none',
  }),
  PUBLIC_URL: optionalText({
    pattern: '^https?://[^\\s?#]*[^\\s?#/]$',
    description:
      'address at which gateways reach the API, such as https://codes.example.com, without a slash at the end',
  }),
  EVENTS_URL: Type.Optional(
    url(['http', 'https'], {
      description:
        'address of your application, which gets an event when a message is sent, delivered, sent by e-mail or failed',
    }),
  ),
}

type TracingValues = { TRACING?: 'on' | 'off'; OTEL_EXPORTER_OTLP_ENDPOINT?: string }

/** If `TRACING` is not set, tracing is on if OTEL_EXPORTER_OTLP_ENDPOINT is set. */
export const wantsTracing = ({ TRACING, OTEL_EXPORTER_OTLP_ENDPOINT }: TracingValues): boolean =>
  TRACING === undefined ? OTEL_EXPORTER_OTLP_ENDPOINT !== undefined : TRACING === 'on'
