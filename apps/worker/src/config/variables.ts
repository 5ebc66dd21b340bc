import { Type, type StaticDecode } from '@sinclair/typebox'
import { choice, integer, isUnique, list, parsed, someOf, url } from '@sms-codes/core/config/decoders'
import { keyVariables, port, processVariables, shared } from '@sms-codes/core/config/shared-variables'
import { vendors, vendorVariables } from '@sms-codes/gateways/vendors'
import { webhookSecrets } from '@sms-codes/gateways/webhook/signature'
import { parseSender } from '../email/sender.ts'

const GATEWAYS = vendors.map(({ name }) => name)
const GATEWAY = GATEWAYS.join('|')
const [first = '', second = ''] = GATEWAYS

type Described = { example: string; description: string }

/** Reads `a:1,b:2` as an object of names and values. A comma at the end is allowed. */
const pairs = <Value>(entry: string, read: (text: string) => Value, { example, description }: Described) =>
  parsed(
    (given): Record<string, Value> => {
      const entries = list(given.replace(/,$/, '')).map((pair): [string, Value] => {
        const [, name, value = ''] = new RegExp(`^${entry}$`).exec(pair) ?? []
        if (name === undefined) throw new Error(`must be a comma list such as ${example}`)
        return [name, read(value)]
      })
      if (!isUnique(entries.map(([name]) => name))) throw new Error('has a name twice')
      return Object.fromEntries(entries)
    },
    { default: '', description },
  )

/** The environment of a worker. The variables of a gateway are required only if `SMS_GATEWAYS` lists it. */
export const WorkerEnv = Type.Object({
  ...processVariables,
  WORKER_OPS_PORT: port(9101, 'port of /livez, /readyz and /metrics; 0 for any free port'),
  OTEL_EXPORTER_OTLP_ENDPOINT: shared.OTEL_EXPORTER_OTLP_ENDPOINT,
  ...keyVariables,
  WORKER_QUEUES: someOf(['sms', 'email', 'events'], {
    default: 'sms,email,events',
    description: 'queues whose jobs this worker processes; the option `--queues` replaces it',
  }),
  WORKER_CONCURRENCY: integer(
    { minimum: 1, maximum: 1_000, default: 50 },
    'number of messages that this worker sends at the same time',
  ),
  SMS_GATEWAYS: someOf(GATEWAYS, {
    description: `comma list in order of priority, of: ${GATEWAYS.join(', ')}`,
  }),
  SMS_WEIGHTS: pairs(`(${GATEWAY}):([1-9][0-9]{0,2})`, Number, {
    example: `${first}:2,${second}:1`,
    description: 'shares of the first place as gateway:number,…; empty for the order of SMS_GATEWAYS',
  }),
  SMS_ROUTES: pairs(`(1[3-9][0-9]):(${GATEWAY})`, String, {
    example: `170:${first},171:${second}`,
    description: 'the gateway that comes first for numbers of a carrier segment, as 170:gateway,…',
  }),
  SMS_RATES: pairs(`(${GATEWAY}):([1-9][0-9]{0,3})`, Number, {
    example: `${first}:50`,
    description: 'messages a second that a gateway takes, over all workers, as gateway:number,…',
  }),
  SMS_QUOTAS: choice(['on', 'off'], {
    default: 'on',
    description: 'on or off: skip calls that the vendor would refuse because of its own limit for the number',
  }),
  GATEWAY_DEADLINE_MS: integer(
    { minimum: 1_000, maximum: 8_000, default: 5_000 },
    'milliseconds that one call to a gateway may take',
  ),
  FALLBACK_AFTER_SECONDS: integer(
    { minimum: 1, maximum: 100, default: 8 },
    'seconds in which gateways that refuse a message are tried again before the code goes by e-mail',
  ),
  SMTP_URL: Type.Optional(
    url(['smtp', 'smtps'], {
      description: 'secret: mail server for scenes with fallback=yes, such as smtp://user:password@host:587',
    }),
  ),
  MAIL_FROM: Type.Optional(
    parsed(parseSender, {
      description: 'sender of the e-mails, such as codes@example.com or Name <codes@example.com>',
    }),
  ),
  EVENTS_URL: shared.EVENTS_URL,
  EVENTS_SECRETS: Type.Optional(webhookSecrets('signs the events that are sent to EVENTS_URL')),
  CALLBACK_TOKEN: shared.CALLBACK_TOKEN,
  PUBLIC_URL: shared.PUBLIC_URL,
  WEB_OTP_DOMAIN: Type.Optional(
    Type.String({
      pattern: '^[a-z0-9-]+(\\.[a-z0-9-]+)+$',
      description:
        'domain of your page, such as www.example.com, with which browsers fill in the code (WebOTP); used by gateways that send free text',
    }),
  ),
  ...vendorVariables,
})

export type WorkerValues = StaticDecode<typeof WorkerEnv>
