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
      description: 'comma list of origins whose pages may call the API, such as https://www.example.com',
    }),
    list,
  ),
  API_KEYS: decoded(
    Type.String({
      default: '',
      description:
        'secret: comma list of name:key for your back ends, each key 32 to 128 url-safe characters',
    }),
    parseApiKeys,
  ),
  CALLBACK_TOKEN: shared.CALLBACK_TOKEN,
  CALLBACK_ADDRESSES: decoded(
    Type.String({
      default: '',
      description:
        'comma list of addresses and CIDRs from which the API accepts delivery receipts; empty for all',
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
  LIMIT_ADDRESS_IMAGES: windows('30/60', 'limit of image codes and challenges for one client address'),
  LIMIT_ADDRESS_ATTEMPTS: windows(
    '30/600',
    'limit of answers to image codes and of proofs from one client address',
  ),
  STEP_UP: choice(['on', 'off'], {
    default: 'on',
    description:
      'on or off: a client address that has used a part of LIMIT_ADDRESS_ATTEMPTS gets harder image codes, and later needs a proof of work',
  }),
  STEP_UP_WARM_PERCENT: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 33,
    description:
      'percentage of LIMIT_ADDRESS_ATTEMPTS above which the image codes of the address have five characters',
  }),
  STEP_UP_HOT_PERCENT: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 66,
    description: 'percentage of LIMIT_ADDRESS_ATTEMPTS above which the address needs a proof of work',
  }),
  LIMIT_ADDRESS_SENDS: windows(
    '5/60,20/3600,100/86400',
    'limit of messages that one client address requests',
  ),
  LIMIT_SUBNET_SENDS: windows('2000/3600', 'limit of messages that one subnet requests (IPv4 /24, IPv6 /48)'),
  LIMIT_SEGMENT_SENDS: windows('600/60', 'limit of messages to one number segment (the first seven digits)'),
  LIMIT_ADDRESS_VERIFIES: windows('30/300', 'limit of codes that one client address tries'),
  ALLOW_LIST: decoded(
    Type.String({
      default: '',
      description:
        'comma list of networks, number segments (3 to 7 digits) and pseudonyms of phones. LIMIT_ADDRESS_SENDS, LIMIT_SUBNET_SENDS, LIMIT_SEGMENT_SENDS and the guard do not apply to them. All else does: an image code or proof, LIMIT_ADDRESS_IMAGES, LIMIT_ADDRESS_ATTEMPTS with STEP_UP, LIMIT_ADDRESS_VERIFIES, the limits of the phone, the budget, the limits of load and DENY_LIST',
    }),
    parseEntries,
  ),
  DENY_LIST: decoded(
    Type.String({
      default: '',
      description:
        'comma list of the same kinds of entries; a request that matches one gets no message, even if it matches ALLOW_LIST too',
    }),
    parseEntries,
  ),
  BUDGET_MESSAGES: shared.BUDGET_MESSAGES,
  BUDGET_CENTS: shared.BUDGET_CENTS,
  MESSAGE_CENTS: shared.MESSAGE_CENTS,
  GUARD_MODE: choice(['off', 'observe', 'challenge', 'deny'], {
    default: 'observe',
    description:
      'reaction when too few codes of a number segment, a client address or the whole service are verified: off, observe (report only), challenge (require a proof of work) or deny',
  }),
  GUARD_MIN_SENDS: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 30,
    description: 'messages to a segment before the guard judges it',
  }),
  GUARD_MIN_PERCENT: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 10,
    description: 'percentage of verified codes below which the guard reacts to a segment or an address',
  }),
  GUARD_WINDOW_SECONDS: Type.Integer({
    minimum: 60,
    maximum: 86_400,
    default: 900,
    description: 'seconds for which the guard counts the messages of a segment and of the whole service',
  }),
  GUARD_DENY_SECONDS: Type.Integer({
    minimum: 60,
    maximum: 86_400,
    default: 1_800,
    description:
      'seconds for which the guard reacts; doubled for each repetition within a day, except for deny',
  }),
  GUARD_ADDRESS_MODE: choice(['same', 'observe', 'challenge', 'deny'], {
    default: 'same',
    description: 'same, observe, challenge or deny: reaction to an address; same is that of GUARD_MODE',
  }),
  GUARD_ADDRESS_MIN_SENDS: Type.Integer({
    minimum: 1,
    maximum: 100_000,
    default: 30,
    description: 'messages that an address requests before the guard judges it',
  }),
  GUARD_ADDRESS_WINDOW_SECONDS: Type.Integer({
    minimum: 60,
    maximum: 86_400,
    default: 900,
    description: 'seconds for which the guard counts the messages of an address',
  }),
  GUARD_SERVICE_MIN_SENDS: Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: 100,
    description:
      'messages before the guard judges the whole service, to which it never reacts with more than a challenge',
  }),
  GUARD_SERVICE_MIN_PERCENT: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 30,
    description: 'percentage of verified codes below which the guard reacts to the whole service',
  }),
  TEST_NUMBERS: shared.TEST_NUMBERS,
  ALLOW_TEST_NUMBERS: Type.Boolean({
    default: false,
    description: 'true or false: whether TEST_NUMBERS is allowed in production',
  }),
  QUEUE_MAX_AGE_SECONDS: Type.Integer({
    minimum: 0,
    maximum: 540,
    default: 20,
    description:
      'the API accepts no send while a message has waited longer than these seconds for a worker; 0 for no limit',
  }),
  EVENT_LOOP_MAX_DELAY_MS: Type.Integer({
    minimum: 0,
    maximum: 60_000,
    default: 1_000,
    description:
      'the API draws no image code and accepts no send while its event loop is later than this, on average over a second; 0 for no limit',
  }),
  EVENT_LOOP_MAX_PERCENT: Type.Integer({
    minimum: 0,
    maximum: 100,
    default: 0,
    description:
      'the same while its event loop is busy for more than this percentage of a second; 0 for no limit',
  }),
  DRAIN_MS: Type.Integer({
    minimum: 0,
    maximum: 60_000,
    default: 0,
    description:
      'milliseconds between "not ready" and the end of the server, in which a load balancer can notice',
  }),
})

export type ApiValues = StaticDecode<typeof ApiEnv>
