import type { ConfiguredVendor, SettingsContext } from '@sms-codes/gateways/vendor'
import { vendors, type Vendor } from '@sms-codes/gateways/vendors'
import type { WorkerValues } from './variables.ts'

/** Only a worker of the `sms` queue calls vendors. Other workers need no vendor's secrets. */
function usedVendors({ SMS_GATEWAYS = [], WORKER_QUEUES = [] }: Partial<WorkerValues>): Vendor[] {
  if (!WORKER_QUEUES.includes('sms')) return []
  return SMS_GATEWAYS.flatMap((listed) => vendors.find(({ name }) => name === listed) ?? [])
}

function contextOf(values: Partial<WorkerValues>): SettingsContext {
  const { NODE_ENV, SCENES, CODE_TTL_SECONDS: ttl, CODE_LENGTH: digits } = values
  const { CALLBACK_TOKEN: callbackToken, PUBLIC_URL: publicUrl } = values
  if (SCENES === undefined || ttl === undefined || digits === undefined)
    return { isProduction: NODE_ENV === 'production', scenes: undefined, callbackToken, publicUrl }
  const scenes = SCENES.map(({ name, ttlSeconds = ttl, length }) => {
    const lengthVariable = length === undefined ? 'CODE_LENGTH' : 'SCENES'
    return { name, ttlSeconds, length: length ?? digits, lengthVariable }
  })
  return { isProduction: NODE_ENV === 'production', scenes, callbackToken, publicUrl }
}

export function checkGateways(values: Partial<WorkerValues>): string[] {
  const context = contextOf(values)
  return usedVendors(values).flatMap((vendor) => vendor.faults(values, context))
}

/** The vendors that this worker uses, in the order of SMS_GATEWAYS. */
export function configureGateways(values: WorkerValues): ConfiguredVendor[] {
  const context = contextOf(values)
  return usedVendors(values).map((vendor) => vendor.configure(values, context))
}
