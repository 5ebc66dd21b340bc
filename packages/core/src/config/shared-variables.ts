import { Type } from '@sinclair/typebox'
import { choice, integer, optionalText, parsed, parseProxies, url } from './decoders.ts'
import { parseCodeKeys, parseKey } from './keys.ts'
import { parseRedisUrl, REDIS_URL_FORMS } from '../redis/url.ts'

export const port = (value: number, description: string) =>
  integer({ minimum: 0, maximum: 65_535, default: value }, description)

/** Checks the address and returns its text, because `connectRedis` takes a text. @throws Error */
function checkedRedisUrl(given: string): string {
  parseRedisUrl(given)
  return given
}

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
  POLICY_FILE: optionalText({
    description:
      'path of the policy file, the same content for every process; without it, the built-in values apply (packages/core/policy.yaml)',
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
  OTEL_EXPORTER_OTLP_ENDPOINT: optionalText({
    description:
      'address to which the OpenTelemetry SDK that is loaded into the process sends traces; tracing is on if it is set',
  }),
}
