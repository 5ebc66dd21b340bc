import type { Env } from '@sms-codes/core/config/load'
import type { Policy } from '@sms-codes/core/config/policy-schema'
import { configureGateways, gatewayFaults, type GatewayInput } from '@sms-codes/gateways/read-gateways'
import type { WorkerValues } from './variables.ts'

/** Null for a worker without the queue `sms`, which calls no gateway and needs no secret of a vendor. */
function inputOf(policy: Policy, values: Partial<WorkerValues>, env: Env): GatewayInput | null {
  const { NODE_ENV, CALLBACK_TOKEN: callbackToken, PUBLIC_URL: publicUrl } = values
  if (values.WORKER_QUEUES?.includes('sms') !== true) return null
  const environment = { isProduction: NODE_ENV === 'production', env, callbackToken, publicUrl }
  return { policy, listed: values.SMS_GATEWAYS ?? [], values, environment }
}

export const checkGateways = (env: Env) => (policy: Policy, values: Partial<WorkerValues>) => {
  const input = inputOf(policy, values, env)
  return input === null ? [] : gatewayFaults(input)
}

/** The gateways that this worker uses, in order of priority. */
export function gatewaysOf(policy: Policy, values: WorkerValues, env: Env) {
  const input = inputOf(policy, values, env)
  return input === null ? [] : configureGateways(input)
}
