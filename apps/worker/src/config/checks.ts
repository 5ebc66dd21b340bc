import type { Check, Checks, Env, PolicyCheck } from '@sms-codes/core/config/load'
import { fallsBack } from '@sms-codes/core/config/fallback-rules'
import { checkKeys } from '@sms-codes/core/config/keys'
import type { Policy } from '@sms-codes/core/config/policy-schema'
import { checkCallbacks } from '@sms-codes/core/config/scene-checks'
import { isLoopback } from '@sms-codes/gateways/entry'
import { configureGateways, gatewayFaults, type GatewayInput } from '@sms-codes/gateways/read-gateways'
import type { WorkerValues } from './variables.ts'

type WorkerCheck = Check<WorkerValues>
type WorkerPolicyCheck = PolicyCheck<WorkerValues>

/** In production, mails (which hold codes) and events may leave this machine only over TLS. */
export const needsTls = (nodeEnv: string | undefined, { hostname }: URL) =>
  nodeEnv === 'production' && !isLoopback(hostname)

const checkMail: WorkerPolicyCheck = (policy, { NODE_ENV, WORKER_QUEUES = [], SMTP_URL: url }) => {
  // Without the queue `sms` the operator has named the queues, and a worker without SMTP_URL would take no mail job.
  const isNeeded = WORKER_QUEUES.includes('email') && (fallsBack(policy) || !WORKER_QUEUES.includes('sms'))
  const mayLeak =
    url !== undefined &&
    needsTls(NODE_ENV, url) &&
    /[?&](ignoreTLS=true|requireTLS=false|tls\.rejectUnauthorized=false)/i.test(url.search)
  return [
    isNeeded && url === undefined && 'SMTP_URL: is missing (this worker processes the queue email)',
    // A mail server without a sender is no fault where no mail can leave: every worker may have the same variables.
    isNeeded &&
      policy.email.from === undefined && {
        at: ['email', 'from'],
        says: 'is missing (the sender of the mails)',
      },
    mayLeak && 'SMTP_URL: must not switch TLS or its checks off in production, because mails hold codes',
  ]
}

const checkEvents: WorkerCheck = ({ NODE_ENV, WORKER_QUEUES, EVENTS_URL: url, EVENTS_SECRETS }) => [
  url === undefined &&
    WORKER_QUEUES?.every((queue) => queue === 'events') === true &&
    'EVENTS_URL: is missing (this worker processes only the queue events)',
  url !== undefined && EVENTS_SECRETS === undefined && 'EVENTS_SECRETS: is missing (EVENTS_URL is set)',
  url?.protocol === 'http:' &&
    needsTls(NODE_ENV, url) &&
    'EVENTS_URL: must be https in production, unless it is on the same machine',
]

const checkShards: WorkerPolicyCheck = ({ queues: { shards } }, { WORKER_CONCURRENCY = shards }) => [
  WORKER_CONCURRENCY < shards && 'WORKER_CONCURRENCY: must not be less than queues.shards of the policy',
]

/** Null for a worker without the queue `sms`, which calls no gateway and needs no secret of a vendor. */
function inputOf(policy: Policy, values: Partial<WorkerValues>, env: Env): GatewayInput | null {
  const { NODE_ENV, CALLBACK_TOKEN: callbackToken, PUBLIC_URL: publicUrl } = values
  if (values.WORKER_QUEUES?.includes('sms') !== true) return null
  const environment = { isProduction: NODE_ENV === 'production', env, callbackToken, publicUrl }
  return { policy, listed: values.SMS_GATEWAYS ?? [], values, environment }
}

/** The gateways that this worker uses, in order of priority. */
export function gatewaysOf(policy: Policy, values: WorkerValues, env: Env) {
  const input = inputOf(policy, values, env)
  return input === null ? [] : configureGateways(input)
}

/** Rules about more than one variable of a worker, or about variables and the policy. */
export function workerChecks(env: Env): Checks<WorkerValues> {
  const checkGateways: WorkerPolicyCheck = (policy, values) => {
    const input = inputOf(policy, values, env)
    return input === null ? [] : gatewayFaults(input)
  }
  return {
    variables: [checkKeys, checkEvents],
    policy: [checkGateways, checkMail, checkCallbacks, checkShards],
  }
}
