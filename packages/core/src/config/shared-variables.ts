import { Type } from '@sinclair/typebox'
import { REDIS_URL_FORMS, REDIS_URL_PATTERN } from '../redis/url.ts'
import { WINDOWS_PATTERN } from '../limits/windows.ts'

const port = (value: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: value, description })

export const CODE_KEYS_PATTERN = '^[a-z0-9]{1,8}:[A-Za-z0-9+/]{43}=(,[a-z0-9]{1,8}:[A-Za-z0-9+/]{43}=)*$'

/** One or two secrets of Standard Webhooks. */
export const WHSEC = '^whsec_[A-Za-z0-9+/]{32,88}={0,2}(,whsec_[A-Za-z0-9+/]{32,88}={0,2})?$'

/** `13800000001:123456:2026-12-31`: a number, its code, and the last day (UTC) on which it has it. */
export const TEST_NUMBERS_PATTERN = '^(1[3-9][0-9]{9}:[0-9]{6,10}:[0-9]{4}-[0-9]{2}-[0-9]{2}(,(?!$)|$))*$'

export const windows = (fallback: string, description: string) =>
  Type.String({
    pattern: WINDOWS_PATTERN,
    default: fallback,
    description: `${description}, as most/seconds,…`,
  })

/** Variables that more than one process reads. */
export const shared = {
  port,
  NODE_ENV: Type.Optional(
    Type.Union(
      ['production', 'development', 'test'].map((name) => Type.Literal(name)),
      { description: 'production, development or test; production refuses what only development may have' },
    ),
  ),
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
  CODE_LENGTH: Type.Integer({ minimum: 6, maximum: 10, default: 6, description: 'digits of a code' }),
  CODE_TTL_SECONDS: Type.Integer({ minimum: 60, maximum: 600, default: 300, description: 'life of a code' }),
  SEND_WITHIN_SECONDS: Type.Integer({
    minimum: 10,
    maximum: 540,
    default: 120,
    description: 'later than this after the request no message leaves',
  }),
  LIMIT_PHONE_SENDS: windows('1/60,5/3600,10/86400', 'messages to one phone'),
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
  TEST_NUMBERS: Type.String({
    default: '',
    pattern: TEST_NUMBERS_PATTERN,
    description:
      'comma list of mobile:code:last-day; these numbers have a fixed code and are never sent anything',
  }),
}
