import { Type } from '@sinclair/typebox'
import { choice, parseProxies, parseSecrets, url, type TextOptions } from './decoders.ts'
import { parseCodeKeys, parseKey } from './keys.ts'
import { decoded } from './load.ts'
import { parseScenes } from './scenes.ts'
import { parseTestNumbers } from './test-numbers.ts'
import { parseWindows } from '../limits/windows.ts'
import { parseRedisUrl, REDIS_URL_FORMS } from '../redis/url.ts'

const port = (value: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: value, description })

export const windows = (fallback: string, description: string) =>
  decoded(Type.String({ default: fallback, description: `${description}, as most/seconds,…` }), parseWindows)

/** One or two secrets of Standard Webhooks. */
export const webhookSecrets = (options: TextOptions) => decoded(Type.String(options), parseSecrets)

/** Variables that more than one process reads. */
export const shared = {
  port,
  NODE_ENV: Type.Optional(
    choice(['production', 'development', 'test'], {
      description: 'production, development or test; production refuses what only development may have',
    }),
  ),
  HOST: Type.String({ default: '127.0.0.1', description: 'address to listen on' }),
  LOG_LEVEL: choice(['fatal', 'error', 'warn', 'info', 'debug', 'silent'], {
    default: 'info',
    description: 'fatal, error, warn, info, debug or silent',
  }),
  REDIS_URL: decoded(
    Type.String({
      default: 'redis://127.0.0.1:6379',
      description: `${REDIS_URL_FORMS} address of the Redis all processes share`,
    }),
    (text) => {
      parseRedisUrl(text)
      return text
    },
  ),
  PHONE_KEY: decoded(
    Type.String({ description: 'secret: 32 random bytes in base64; names phones in Redis' }),
    parseKey,
  ),
  CODE_KEYS: decoded(
    Type.String({
      description: 'secret: comma list of id:key, newest first, each key 32 random bytes in base64',
    }),
    parseCodeKeys,
  ),
  TRUST_PROXY: decoded(
    Type.String({
      default: '',
      description: 'comma list of proxy addresses or CIDRs whose X-Forwarded-For is believed',
    }),
    parseProxies,
  ),
  SCENES: decoded(
    Type.String({
      default: 'default; register; login; reset_password',
      description:
        'scenes by semicolon, each a name and what it sets for itself: ttl=, within=, length=, sends=, fallback=yes, receipt_within=',
    }),
    parseScenes,
  ),
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
    webhookSecrets({
      description:
        'secret: whsec_ and 24 to 64 bytes in base64, signs calls and receipts; two by comma while one replaces the other',
    }),
  ),
  EVENTS_URL: Type.Optional(
    url(['http', 'https'], {
      description:
        'address of your application that is told when a message was sent, delivered, mailed or failed',
    }),
  ),
  TRACING: Type.Optional(
    choice(['on', 'off'], {
      description:
        'on or off: traces for the OpenTelemetry SDK that is loaded into the process; on as well where OTEL_EXPORTER_OTLP_ENDPOINT is set',
    }),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      description: 'where that SDK sends traces; read by it, here only to know that there is one',
    }),
  ),
  CODE_LENGTH: Type.Integer({ minimum: 6, maximum: 10, default: 6, description: 'digits of a code' }),
  CODE_TTL_SECONDS: Type.Integer({ minimum: 60, maximum: 600, default: 300, description: 'life of a code' }),
  SEND_WITHIN_SECONDS: Type.Integer({
    minimum: 10,
    maximum: 540,
    default: 120,
    description: 'later than this after the request no message leaves',
  }),
  LIMIT_PHONE_SENDS: windows('1/60,5/3600,10/86400', 'messages to one phone'),
  BUDGET_MESSAGES: decoded(
    Type.String({
      default: '',
      description: 'messages of the whole service, as most/seconds,…; needed in production',
    }),
    parseWindows,
  ),
  BUDGET_CENTS: decoded(
    Type.String({ default: '', description: 'the same in money, with MESSAGE_CENTS for each message' }),
    parseWindows,
  ),
  MESSAGE_CENTS: Type.Number({
    minimum: 0.01,
    maximum: 1_000,
    default: 5,
    description: 'price of one message',
  }),
  TEST_NUMBERS: decoded(
    Type.String({
      default: '',
      description:
        'comma list of mobile:code:last-day; these numbers have a fixed code and are never sent anything',
    }),
    parseTestNumbers,
  ),
}

/** Whether traces are asked for: by name, or by an address for them. */
export const wantsTracing = (values: {
  TRACING?: 'on' | 'off'
  OTEL_EXPORTER_OTLP_ENDPOINT?: string
}): boolean => (values.TRACING ?? (values.OTEL_EXPORTER_OTLP_ENDPOINT === undefined ? 'off' : 'on')) === 'on'
