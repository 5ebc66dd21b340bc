// Defines the entry of a gateway in the policy, and finds the faults of its settings.
import type { TObject } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { PolicyFault } from '@sms-codes/core/config/policy-faults'
import type { CallbackAddress } from './delivery-receipt.ts'
import { field } from './json.ts'

/** The part of the worker's configuration on which the faults of a gateway depend. */
export type VendorContext = CallbackAddress & {
  isProduction: boolean
  env: Readonly<Record<string, string | undefined>>
  scenes: readonly { name: string; lifeSeconds: number; length: number }[]
  /** The countries whose numbers are accepted. */
  countries: readonly string[]
  /** The locales that have a text. */
  locales: readonly string[]
}

/** The keys that the entries of all vendors may have. */
const OF_ALL = ['vendor', 'weight', 'rate', 'quota', 'countries', 'messages']

/**
 * The faults of the settings, with paths that begin in the entry of the gateway, and the settings without a fault, defaults
 * included.
 */
export function readSettings({ properties, required = [] }: TObject, entry: object, vendor: string) {
  const faults: PolicyFault[] = Object.keys(entry)
    .filter((key) => field(entry, key) !== undefined && !OF_ALL.includes(key) && !(key in properties))
    .map((key) => ({ at: [key], says: `is not a setting of ${vendor}` }))
  const valid: Record<string, unknown> = {}
  for (const [key, form] of Object.entries(properties)) {
    const value: unknown = field(entry, key) ?? form.default
    if (value === undefined) {
      if (required.includes(key)) faults.push({ at: [key], says: `is missing (${form.description})` })
    } else if (Value.Check(form, value)) valid[key] = value
    else faults.push({ at: [key], says: `has the wrong form (${form.description})` })
  }
  return { faults, valid }
}

/** Messages contain codes, so they leave the machine over TLS only, except to a container in development. */
export function urlFault(
  address: string,
  { isProduction }: VendorContext,
  isVendorApi: boolean,
): string | false {
  if (!URL.canParse(address)) return 'must be an address such as https://host:port'
  const { protocol, hostname } = new URL(address)
  // A vendor's API is never on this machine, so an address on this machine is a simulator.
  if (isLoopback(hostname))
    return isProduction && isVendorApi && 'must not be a simulator on this machine in production'
  // A container network resolves names without a dot; the public DNS does not.
  const isContainer = /^[a-z][a-z0-9-]*$/.test(hostname)
  return (
    protocol !== 'https:' && (isProduction || !isContainer) && 'must be https, because messages contain codes'
  )
}

/** @param hostname as URL spells it */
export const isLoopback = (hostname: string) => /^(127\.[0-9.]+|localhost|\[::1\])$/.test(hostname)
