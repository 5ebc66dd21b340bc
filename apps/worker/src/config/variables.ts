import { Type, type StaticDecode } from '@sinclair/typebox'
import { choice, list, someOf, url } from '@sms-codes/core/config/decoders'
import { decoded } from '@sms-codes/core/config/load'
import { shared, webhookSecrets } from '@sms-codes/core/config/shared-variables'
import { GATEWAYS, gatewayEnv } from './gateway-variables.ts'

const GATEWAY = GATEWAYS.join('|')

/** `a:1,b:2` as an object of names and texts; a comma at the end is allowed. */
const pairs = (entry: string, options: { example: string; description: string }) =>
  decoded(Type.String({ default: '', description: options.description }), (text) => {
    const entries = list(text.replace(/,$/, '')).map((pair): [string, string] => {
      const [, name, value = ''] = new RegExp(`^${entry}$`).exec(pair) ?? []
      if (name === undefined) throw new Error(`must be a comma list such as ${options.example}`)
      return [name, value]
    })
    const values = Object.fromEntries(entries)
    if (Object.keys(values).length < entries.length) throw new Error('has a name twice')
    return values
  })

const numbers = (entry: string, options: { example: string; description: string }) =>
  decoded(pairs(entry, options), (values): Record<string, number> =>
    Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)])),
  )

/** The environment of a worker process. A gateway's own variables are needed only when it is listed. */
export const WorkerEnv = Type.Object({
  NODE_ENV: shared.NODE_ENV,
  WORKER_OPS_PORT: shared.port(9101, 'port of /livez, /readyz and /metrics; 0 for any free one'),
  HOST: shared.HOST,
  LOG_LEVEL: shared.LOG_LEVEL,
  TRACING: shared.TRACING,
  OTEL_EXPORTER_OTLP_ENDPOINT: shared.OTEL_EXPORTER_OTLP_ENDPOINT,
  REDIS_URL: shared.REDIS_URL,
  PHONE_KEY: shared.PHONE_KEY,
  CODE_KEYS: shared.CODE_KEYS,
  SCENES: shared.SCENES,
  CODE_TTL_SECONDS: shared.CODE_TTL_SECONDS,
  WORKER_QUEUES: someOf(['sms', 'email', 'events'], {
    default: 'sms,email,events',
    description: 'queues that this worker works on; `--queues` says the same',
  }),
  WORKER_CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 1_000,
    default: 50,
    description: 'messages under way at once',
  }),
  SMS_GATEWAYS: someOf(GATEWAYS, {
    description: `comma list in order of priority, of: ${GATEWAYS.join(', ')}`,
  }),
  SMS_WEIGHTS: numbers(`(${GATEWAY}):([1-9][0-9]{0,2})`, {
    example: 'ccp:2,aliyun:1',
    description: 'shares of the first place as gateway:number,…; empty for the order of SMS_GATEWAYS',
  }),
  SMS_ROUTES: pairs(`(1[3-9][0-9]):(${GATEWAY})`, {
    example: '170:aliyun,171:aliyun',
    description: 'the gateway that comes first for numbers of a carrier segment, as 170:aliyun,…',
  }),
  SMS_RATES: numbers(`(${GATEWAY}):([1-9][0-9]{0,3})`, {
    example: 'ccp:50',
    description: 'messages a second that a gateway takes, over all workers, as gateway:number,…',
  }),
  SMS_QUOTAS: choice(['on', 'off'], {
    default: 'on',
    description: 'on or off: spare calls that CCP, Aliyun or Tencent would refuse for the number',
  }),
  GATEWAY_DEADLINE_MS: Type.Integer({
    minimum: 1_000,
    maximum: 8_000,
    default: 5_000,
    description: 'longest that one call to a gateway may take',
  }),
  FALLBACK_AFTER_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 8,
    description: 'how long gateways that refuse are asked again before a code goes by e-mail',
  }),
  SMTP_URL: Type.Optional(
    url(['smtp', 'smtps'], {
      description: 'secret: mail server for scenes with fallback=yes, smtp://user:password@host:587',
    }),
  ),
  MAIL_FROM: Type.Optional(
    Type.String({
      pattern:
        '^([^<>\\r\\n"]{1,64}<[^<>@\\s]{1,64}@[A-Za-z0-9.-]{1,255}>|[^<>@\\s]{1,64}@[A-Za-z0-9.-]{1,255})$',
      description: 'sender of the mails, codes@example.com or Name <codes@example.com>',
    }),
  ),
  EVENTS_URL: shared.EVENTS_URL,
  EVENTS_SECRETS: Type.Optional(
    webhookSecrets({
      description: 'secret: whsec_ and 24 to 64 bytes in base64, signs what EVENTS_URL is told; two by comma',
    }),
  ),
  CALLBACK_TOKEN: shared.CALLBACK_TOKEN,
  PUBLIC_URL: shared.PUBLIC_URL,
  WEB_OTP_DOMAIN: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9-]+(\\.[a-z0-9-]+)+$',
      description: 'domain of your page, for browsers that fill in codes; gateways with free text only',
    }),
  ),
  ...gatewayEnv,
})

export type WorkerValues = StaticDecode<typeof WorkerEnv>
