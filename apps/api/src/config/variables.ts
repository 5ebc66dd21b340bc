import { Type, type StaticDecode } from '@sinclair/typebox'
import { choice, integer, list, parsed, parseEntries, parseNetworks } from '@sms-codes/core/config/decoders'
import {
  budgetVariables,
  codeVariables,
  guardWindowVariables,
  keyVariables,
  port,
  processVariables,
  shared,
  tracingVariables,
  windows,
} from '@sms-codes/core/config/shared-variables'
import { receiptVariables } from '@sms-codes/gateways/receipts'
import { parseApiKeys } from '../http/api-keys.ts'
import { parseOrigins } from '../http/origins.ts'

/** The environment of the API process. */
export const ApiEnv = Type.Object({
  ...processVariables,
  API_PORT: port(3000, 'port of the public HTTP API'),
  API_OPS_PORT: port(9100, 'port of /livez, /readyz and /metrics'),
  ...tracingVariables,
  ...keyVariables,
  TRUST_PROXY: shared.TRUST_PROXY,
  CORS_ORIGINS: parsed(parseOrigins, {
    default: '',
    description:
      'comma list of origins whose pages and apps may call the API, such as https://www.example.com or capacitor://localhost',
  }),
  CORS_HEADERS: parsed(list, {
    default: '',
    pattern: '^([A-Za-z0-9-]+(,[A-Za-z0-9-]+)*)?$',
    description:
      'comma list of further request headers that these pages may send, such as x-requested-with,traceparent,authorization; content-type and idempotency-key are always allowed',
  }),
  API_KEYS: parsed(parseApiKeys, {
    default: '',
    description:
      'secret: comma list of name:key for your back ends, each key 32 to 128 url-safe characters; `api_keys` in the policy file says what each may do',
  }),
  CALLBACK_TOKEN: shared.CALLBACK_TOKEN,
  CALLBACK_ADDRESSES: parsed(parseNetworks, {
    default: '',
    description:
      'comma list of addresses and CIDRs from which the API accepts delivery receipts; empty for all',
  }),
  SMS_GATEWAYS: parsed(list, {
    default: '',
    description:
      'comma list of gateways in order of priority, of: ccp, aliyun, tencent, twilio, webhook, console. The API only warns if it lacks the secret for the delivery receipts of a listed gateway',
  }),
  PUBLIC_URL: shared.PUBLIC_URL,
  ...receiptVariables,
  EVENTS_URL: shared.EVENTS_URL,
  ...codeVariables,
  LIMIT_ADDRESS_IMAGES: windows('30/60', 'limit of image codes and challenges for one client address'),
  LIMIT_ADDRESS_ATTEMPTS: windows(
    '30/600',
    'limit of answers to image codes and of proofs from one client address',
  ),
  LIMIT_SUBNET_IMAGES: windows('3000/60', 'limit of image codes and challenges for one subnet'),
  LIMIT_SUBNET_ATTEMPTS: windows('6000/600', 'limit of answers to image codes and of proofs from one subnet'),
  STEP_UP: choice(['on', 'off'], {
    default: 'on',
    description:
      'on or off: a client address that has used a part of LIMIT_ADDRESS_ATTEMPTS gets harder image codes, and later needs a proof of work',
  }),
  STEP_UP_WARM_PERCENT: integer(
    { minimum: 1, maximum: 100, default: 33 },
    'percentage of LIMIT_ADDRESS_ATTEMPTS above which the image codes of the address have five characters',
  ),
  STEP_UP_HOT_PERCENT: integer(
    { minimum: 1, maximum: 100, default: 66 },
    'percentage of LIMIT_ADDRESS_ATTEMPTS above which the address needs a proof of work',
  ),
  LIMIT_ADDRESS_SENDS: windows(
    '5/60,20/3600,100/86400',
    'limit of messages that one client address requests',
  ),
  LIMIT_SUBNET_SENDS: windows('2000/3600', 'limit of messages that one subnet requests (IPv4 /24, IPv6 /48)'),
  LIMIT_SEGMENT_SENDS: windows('600/60', 'limit of messages to one number segment (the first seven digits)'),
  LIMIT_ADDRESS_VERIFIES: windows('30/300', 'limit of codes that one client address tries'),
  LIMIT_SUBNET_VERIFIES: windows('6000/300', 'limit of codes that one subnet tries'),
  ALLOW_LIST: parsed(parseEntries, {
    default: '',
    description:
      'comma list of networks, number segments (3 to 7 digits) and pseudonyms of phones. LIMIT_ADDRESS_SENDS, LIMIT_SUBNET_SENDS, LIMIT_SEGMENT_SENDS and the guard do not apply to them. All else does: an image code or proof, LIMIT_ADDRESS_IMAGES, LIMIT_ADDRESS_ATTEMPTS with STEP_UP, LIMIT_ADDRESS_VERIFIES, the limits of subnets on images, attempts and verifies, the limits of the phone, the budget, the limits of load and DENY_LIST',
  }),
  DENY_LIST: parsed(parseEntries, {
    default: '',
    description:
      'comma list of the same kinds of entries; a request that matches one gets no message, even if it matches ALLOW_LIST too',
  }),
  ...budgetVariables,
  GUARD_MODE: choice(['off', 'observe', 'challenge', 'deny'], {
    default: 'observe',
    description:
      'reaction when too few codes of a number segment, a client address or the whole service are verified: off, observe (report only), challenge (require a proof of work) or deny',
  }),
  GUARD_MIN_SENDS: integer(
    { minimum: 1, maximum: 100_000, default: 30 },
    'messages to a segment before the guard judges it',
  ),
  GUARD_MIN_PERCENT: integer(
    { minimum: 1, maximum: 100, default: 10 },
    'percentage of verified codes below which the guard reacts to a segment or an address',
  ),
  GUARD_DENY_SECONDS: integer(
    { minimum: 60, maximum: 86_400, default: 1_800 },
    'seconds for which the guard reacts; doubled for each repetition within a day, except for deny',
  ),
  GUARD_ADDRESS_MODE: choice(['same', 'observe', 'challenge', 'deny'], {
    default: 'same',
    description: 'same, observe, challenge or deny: reaction to an address; same is that of GUARD_MODE',
  }),
  GUARD_ADDRESS_MIN_SENDS: integer(
    { minimum: 1, maximum: 100_000, default: 30 },
    'messages that an address requests before the guard judges it',
  ),
  ...guardWindowVariables,
  GUARD_SERVICE_MIN_SENDS: integer(
    { minimum: 1, maximum: 1_000_000, default: 100 },
    'messages before the guard judges the whole service, to which it never reacts with more than a challenge',
  ),
  GUARD_SERVICE_MIN_PERCENT: integer(
    { minimum: 1, maximum: 100, default: 30 },
    'percentage of verified codes below which the guard reacts to the whole service',
  ),
  ALLOW_TEST_NUMBERS: Type.Boolean({
    default: false,
    description: 'true or false: whether TEST_NUMBERS is allowed in production',
  }),
  QUEUE_MAX_AGE_SECONDS: integer(
    { minimum: 0, maximum: 540, default: 60 },
    'the API accepts no send while a message has waited longer than these seconds for its first worker; with 0 it also accepts sends while no gateway accepts messages',
  ),
  EVENT_LOOP_MAX_DELAY_MS: integer(
    { minimum: 0, maximum: 60_000, default: 1_000 },
    'the API draws no image code and accepts no send while its event loop is later than this, on average over a second; 0 for no limit',
  ),
  EVENT_LOOP_MAX_PERCENT: integer(
    { minimum: 0, maximum: 100, default: 0 },
    'the same while its event loop is busy for more than this percentage of a second; 0 for no limit',
  ),
  DRAIN_MS: integer(
    { minimum: 0, maximum: 60_000, default: 0 },
    'milliseconds between "not ready" and the end of the server, in which a load balancer can notice',
  ),
})

export type ApiValues = StaticDecode<typeof ApiEnv>
