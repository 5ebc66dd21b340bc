import { Type } from '@sinclair/typebox'
import { shared, WHSEC } from '@sms-codes/core/config/shared-variables'
import { GATEWAYS, gatewayEnv } from './gateway-variables.ts'

const names = GATEWAYS.join('|')

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
  WORKER_QUEUES: Type.String({
    default: 'sms,email,events',
    pattern: '^(sms|email|events)(,(sms|email|events)){0,2}$',
    description: 'queues that this worker works on; `--queues` says the same',
  }),
  WORKER_CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 1_000,
    default: 50,
    description: 'messages under way at once',
  }),
  SMS_GATEWAYS: Type.String({
    pattern: `^(${names})(,(${names}))*$`,
    description: `comma list in order of priority, of: ${GATEWAYS.join(', ')}`,
  }),
  SMS_WEIGHTS: Type.String({
    default: '',
    pattern: `^((${names}):[1-9][0-9]{0,2}(,|$))*$`,
    description: 'shares of the first place as gateway:number,…; empty for the order of SMS_GATEWAYS',
  }),
  SMS_ROUTES: Type.String({
    default: '',
    pattern: `^(1[3-9][0-9]:(${names})(,|$))*$`,
    description: 'the gateway that comes first for numbers of a carrier segment, as 170:aliyun,…',
  }),
  SMS_RATES: Type.String({
    default: '',
    pattern: `^((${names}):[1-9][0-9]{0,3}(,|$))*$`,
    description: 'messages a second that a gateway takes, over all workers, as gateway:number,…',
  }),
  SMS_QUOTAS: Type.Union([Type.Literal('on'), Type.Literal('off')], {
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
    Type.String({
      pattern: '^smtps?://[^\\s]+$',
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
    Type.String({
      pattern: WHSEC,
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
