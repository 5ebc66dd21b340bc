// Chooses the gateways of a policy, finds their faults and configures them.
import type { GatewayPolicy, Policy } from '@sms-codes/core/config/policy-schema'
import type { VendorContext } from './entry.ts'
import type { ConfiguredGateway, Fault } from './vendor.ts'
import { vendors, type VendorValues } from './vendors.ts'

export type GatewayInput = {
  policy: Policy
  /** The names of the gateways in order of priority. All gateways of the policy if empty. */
  listed: readonly string[]
  /** The variables of the vendors, without those that have a fault. */
  values: VendorValues
  environment: Pick<VendorContext, 'isProduction' | 'env' | 'callbackToken' | 'publicUrl'>
}

const contextOf = ({ policy: { codes, scenes, countries, texts }, environment }: GatewayInput) => ({
  ...environment,
  scenes: Object.entries(scenes).map(([name, { life = codes.life, length = codes.length }]) => ({
    name,
    lifeSeconds: life,
    length,
  })),
  countries: Object.keys(countries),
  locales: Object.keys(texts),
})

/** A vendor that needs no settings, such as `console`, can be listed without an entry. */
const entriesOf = ({ policy: { gateways }, listed }: GatewayInput): [string, GatewayPolicy | undefined][] =>
  listed.length === 0
    ? Object.entries(gateways)
    : listed.map((name) => [name, Object.hasOwn(gateways, name) ? gateways[name] : undefined])

const vendorOf = (name: string, entry: GatewayPolicy | undefined) =>
  vendors.find((vendor) => vendor.name === (entry?.vendor ?? name))

export function gatewayFaults(input: GatewayInput): Fault[] {
  const { policy, values } = input
  const context = contextOf(input)
  const served = new Set<string>()
  const faults = entriesOf(input).flatMap(([name, entry], i): Fault[] => {
    const vendor = vendorOf(name, entry)
    vendor?.countries(entry ?? {}, context).forEach((country) => served.add(country))
    const found = vendor?.faults(name, entry ?? {}, values, context)
    const lacks = (fault: Fault) => typeof fault !== 'string' && /^(is missing|lacks)/.test(fault.says)
    if (entry === undefined && (found === undefined || found.some(lacks))) {
      const known = Object.keys(policy.gateways).join(', ') || 'none'
      return [`SMS_GATEWAYS: entry ${i + 1} is not a gateway of the policy (its gateways: ${known})`]
    }
    const says = `must be one of ${vendors.map((one) => one.name).join(', ')}`
    return found ?? [{ at: ['gateways', name, 'vendor'], says }]
  })
  const unserved = context.countries.filter((country) => !served.has(country))
  return [
    ...faults,
    ...unserved.map((country) => ({ at: ['countries', country], says: 'no gateway serves it' })),
  ]
}

/** @throws if a gateway has a fault */
export function configureGateways(input: GatewayInput): ConfiguredGateway[] {
  const context = contextOf(input)
  return entriesOf(input).flatMap(
    ([name, entry = {}]) => vendorOf(name, entry)?.configure(name, entry, input.values, context) ?? [],
  )
}
