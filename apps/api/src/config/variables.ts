import { Type, type StaticDecode } from '@sinclair/typebox'
import { integer, optionalText, parsed } from '@sms-codes/core/config/decoders'
import { egressVariables } from '@sms-codes/core/config/egress-proxy'
import { keyVariables, port, processVariables, shared } from '@sms-codes/core/config/shared-variables'
import { receiptVariables } from '@sms-codes/gateways/receipts'
import { parseApiKeys } from '../http/api-keys.ts'
import { parseOrigins } from '../http/origins.ts'

/** The environment of the API process. */
export const ApiEnv = Type.Object({
  ...processVariables,
  API_PORT: port(3000, 'port of the public HTTP API'),
  API_OPS_PORT: port(9100, 'port of /livez, /readyz and /metrics'),
  ...keyVariables,
  ...shared,
  CORS_ORIGINS: parsed(parseOrigins, {
    default: '',
    description:
      'comma list of origins whose pages and apps may call the API, such as https://www.example.com or capacitor://localhost',
  }),
  API_KEYS: parsed(parseApiKeys, {
    default: '',
    description:
      'secret: comma list of name:key for your back ends, each key 32 to 128 url-safe characters; `api_keys` in the policy file says what each may do',
  }),
  CAPTCHA_SECRET: optionalText({
    description: 'secret: secret key of your site at the captcha service of the policy (captcha.siteverify)',
  }),
  ...egressVariables,
  ...receiptVariables,
  DRAIN_MS: integer(
    { minimum: 0, maximum: 60_000, default: 0 },
    'milliseconds between "not ready" and the end of the server, in which a load balancer can notice',
  ),
})

export type ApiValues = StaticDecode<typeof ApiEnv>
