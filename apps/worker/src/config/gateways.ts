import type { ConfiguredVendor, SettingsContext } from '@sms-codes/gateways/vendor'
import { vendors, type Vendor } from '@sms-codes/gateways/vendors'
import type { Policy } from '@sms-codes/core/config/policy-schema'
import type { WorkerValues } from './variables.ts'

/** Only a worker of the `sms` queue calls vendors. Other workers need no vendor's secrets. */
function usedVendors({ SMS_GATEWAYS = [], WORKER_QUEUES = [] }: Partial<WorkerValues>): Vendor[] {
  if (!WORKER_QUEUES.includes('sms')) return []
  return SMS_GATEWAYS.flatMap((listed) => vendors.find(({ name }) => name === listed) ?? [])
}

function contextOf(values: Partial<WorkerValues>, { codes, scenes: own }: Policy): SettingsContext {
  const { NODE_ENV } = values
  const { CALLBACK_TOKEN: callbackToken, PUBLIC_URL: publicUrl } = values
  const scenes = Object.entries(own).map(([name, { life = codes.life, length }]) => {
    const lengthVariable = length === undefined ? 'codes.length' : 'scenes'
    return { name, ttlSeconds: life, length: length ?? codes.length, lengthVariable }
  })
  return { isProduction: NODE_ENV === 'production', scenes, callbackToken, publicUrl }
}

export function checkGateways(policy: Policy, values: Partial<WorkerValues>): string[] {
  const context = contextOf(values, policy)
  return usedVendors(values).flatMap((vendor) => vendor.faults(values, context))
}

/** The vendors that this worker uses, in the order of SMS_GATEWAYS. */
export function configureGateways(values: WorkerValues, policy: Policy): ConfiguredVendor[] {
  const context = contextOf(values, policy)
  return usedVendors(values).map((vendor) => vendor.configure(values, context))
}
