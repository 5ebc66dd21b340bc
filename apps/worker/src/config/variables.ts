import { Type, type StaticDecode } from '@sinclair/typebox'
import { integer, isUnique, list, parsed, someOf, url } from '@sms-codes/core/config/decoders'
import { egressVariables } from '@sms-codes/core/config/egress-proxy'
import { keyVariables, port, processVariables, shared } from '@sms-codes/core/config/shared-variables'
import { vendorVariables } from '@sms-codes/gateways/vendors'
import { webhookSecrets } from '@sms-codes/gateways/webhook/signature'

function parseNames(text: string): string[] {
  const names = list(text)
  if (!isUnique(names)) throw new Error('has an entry twice')
  return names
}

/** The environment of a worker. The secrets of a vendor are required only if the worker uses a gateway of it. */
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
  SMS_GATEWAYS: parsed(parseNames, {
    default: '',
    description: "comma list of gateways of the policy in order of priority; empty for the policy's order",
  }),
  SMTP_URL: Type.Optional(
    url(['smtp', 'smtps'], {
      description: 'secret: mail server for scenes with fallback, such as smtp://user:password@host:587',
    }),
  ),
  EVENTS_URL: shared.EVENTS_URL,
  EVENTS_SECRETS: Type.Optional(webhookSecrets('signs the events that are sent to EVENTS_URL')),
  CALLBACK_TOKEN: shared.CALLBACK_TOKEN,
  PUBLIC_URL: shared.PUBLIC_URL,
  ...egressVariables,
  ...vendorVariables,
})

export type WorkerValues = StaticDecode<typeof WorkerEnv>
