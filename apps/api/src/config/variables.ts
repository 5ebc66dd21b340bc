import { Type, type StaticDecode } from '@sinclair/typebox'
import { choice, list, parseEntries, parseNetworks } from '@sms-codes/core/config/decoders'
import { decoded } from '@sms-codes/core/config/load'
import { shared, windows } from '@sms-codes/core/config/shared-variables'
import { parseApiKeys } from '../http/api-keys.ts'

/** The environment of the API process. */
export const ApiEnv = Type.Object({
  NODE_ENV: shared.NODE_ENV,
  API_PORT: shared.port(3000, 'port of the public HTTP API'),
  API_OPS_PORT: shared.port(9100, 'port of /livez, /readyz and /metrics'),
  HOST: shared.HOST,
  LOG_LEVEL: shared.LOG_LEVEL,
  TRACING: shared.TRACING,
  OTEL_EXPORTER_OTLP_ENDPOINT: shared.OTEL_EXPORTER_OTLP_ENDPOINT,
  REDIS_URL: shared.REDIS_URL,
  PHONE_KEY: shared.PHONE_KEY,
  CODE_KEYS: shared.CODE_KEYS,
  TRUST_PROXY: shared.TRUST_PROXY,
  CORS_ORIGINS: decoded(
    Type.String({
      default: '',
      pattern: '^(https?://[^/,\\s]+(,https?://[^/,\\s]+)*)?$',
      description: 'comma list of origins whose pages may call the API',
    }),
    list,
  ),
  API_KEYS: decoded(
    Type.String({
      default: '',
      description:
        'secret: comma list of name:key for your back ends, each key 32 url-safe characters or more',
    }),
    parseApiKeys,
  ),
  CALLBACK_TOKEN: shared.CALLBACK_TOKEN,
  CALLBACK_ADDRESSES: decoded(
    Type.String({
      default: '',
      description: 'comma list of addresses or CIDRs that delivery receipts are taken from; empty for any',
    }),
    parseNetworks,
  ),
  PUBLIC_URL: shared.PUBLIC_URL,
  TWILIO_AUTH_TOKEN: shared.TWILIO_AUTH_TOKEN,
  WEBHOOK_SECRETS: shared.WEBHOOK_SECRETS,
  EVENTS_URL: shared.EVENTS_URL,
  SCENES: shared.SCENES,
  CODE_LENGTH: shared.CODE_LENGTH,
  CODE_TTL_SECONDS: shared.CODE_TTL_SECONDS,
  SEND_WITHIN_SECONDS: shared.SEND_WITHIN_SECONDS,
  LIMIT_PHONE_SENDS: shared.LIMIT_PHONE_SENDS,
  LIMIT_ADDRESS_IMAGES: windows('30/60', 'image codes and challenges for one address'),
  LIMIT_ADDRESS_ATTEMPTS: windows('30/600', 'answered image codes and proofs from one address'),
  STEP_UP: choice(['on', 'off'], {
    default: 'on',
    description: 'on or off: ask more of an address that has used up a part of LIMIT_ADDRESS_ATTEMPTS',
  }),
  STEP_UP_WARM_PERCENT: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 33,
    description: 'part, in percent, from which its pictures have five characters',
  }),
  STEP_UP_HOT_PERCENT: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 66,
    description: 'part, in percent, from which it needs a proof of work',
  }),
  LIMIT_ADDRESS_SENDS: windows('5/60,20/3600,100/86400', 'messages asked for by one address'),
  LIMIT_SUBNET_SENDS: windows('2000/3600', 'messages asked for by one subnet (/24, IPv6 /48)'),
  LIMIT_SEGMENT_SENDS: windows('600/60', 'messages to one number segment (its first seven digits)'),
  LIMIT_ADDRESS_VERIFIES: windows('30/300', 'codes tried from one address'),
  ALLOW_LIST: decoded(
    Type.String({
      default: '',
      description:
        'comma list of networks, number segments and phones by pseudonym that only the limits of a phone and the budget hold back',
    }),
    parseEntries,
  ),
  DENY_LIST: decoded(
    Type.String({
      default: '',
      description: 'the same for those that are never sent anything; goes before ALLOW_LIST',
    }),
    parseEntries,
  ),
  BUDGET_MESSAGES: shared.BUDGET_MESSAGES,
  BUDGET_CENTS: shared.BUDGET_CENTS,
  MESSAGE_CENTS: shared.MESSAGE_CENTS,
  GUARD_MODE: choice(['off', 'observe', 'challenge', 'deny'], {
    default: 'observe',
    description:
      'what to do about a segment, an address or the whole service whose codes hardly anybody verifies: off, observe, challenge (a proof of work is needed), deny',
  }),
  GUARD_MIN_SENDS: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 30,
    description: 'sends to a segment before the guard judges it',
  }),
  GUARD_MIN_PERCENT: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 10,
    description: 'verified codes of a segment or address, in percent, that are enough',
  }),
  GUARD_WINDOW_SECONDS: Type.Integer({
    minimum: 60,
    maximum: 86_400,
    default: 900,
    description: 'how far back the guard counts for a segment and for the whole service',
  }),
  GUARD_DENY_SECONDS: Type.Integer({
    minimum: 60,
    maximum: 86_400,
    default: 1_800,
    description: 'how long a finding lasts; where it does not deny, twice as long each time in a day',
  }),
  GUARD_ADDRESS_MODE: choice(['same', 'observe', 'challenge', 'deny'], {
    default: 'same',
    description: 'what to do about an address, where it is not the same as GUARD_MODE',
  }),
  GUARD_ADDRESS_MIN_SENDS: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 30,
    description: 'sends of an address before the guard judges it',
  }),
  GUARD_ADDRESS_WINDOW_SECONDS: Type.Integer({
    minimum: 60,
    maximum: 86_400,
    default: 900,
    description: 'how far back the guard counts for an address',
  }),
  GUARD_SERVICE_MIN_SENDS: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 100,
    description: 'sends before the guard judges the whole service, which it challenges and never denies',
  }),
  GUARD_SERVICE_MIN_PERCENT: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 30,
    description: 'verified codes of the whole service, in percent, that are enough',
  }),
  TEST_NUMBERS: shared.TEST_NUMBERS,
  ALLOW_TEST_NUMBERS: Type.Boolean({
    default: false,
    description: 'whether production may have test numbers',
  }),
  QUEUE_MAX_AGE_SECONDS: Type.Integer({
    minimum: 0,
    maximum: 540,
    default: 20,
    description: 'no send is accepted while a message has waited longer for a worker; 0 for no such limit',
  }),
  EVENT_LOOP_MAX_DELAY_MS: Type.Integer({
    minimum: 0,
    maximum: 60_000,
    default: 1_000,
    description:
      'no picture is drawn and no send accepted while the event loop is later than this, on average over a second; 0 for no such limit',
  }),
  EVENT_LOOP_MAX_PERCENT: Type.Integer({
    minimum: 0,
    maximum: 100,
    default: 0,
    description: 'the same for the part of a second that the event loop is busy; 0 for no such limit',
  }),
  DRAIN_MS: Type.Integer({
    minimum: 0,
    maximum: 60_000,
    default: 0,
    description: 'milliseconds between "not ready" and closing, for a balancer to notice',
  }),
})

export type ApiValues = StaticDecode<typeof ApiEnv>
