// Defines how a vendor is described to the worker: its secrets, its settings in the policy, and a gateway factory.
import type { StaticDecode, TObject } from '@sinclair/typebox'
import type { PolicyFault } from '@sms-codes/core/config/policy-faults'
import type { GatewayPolicy } from '@sms-codes/core/config/policy-schema'
import { callbackUrl } from './delivery-receipt.ts'
import { readSettings, urlFault, type VendorContext } from './entry.ts'
import type { SmsGateway } from './gateway.ts'
import { field } from './json.ts'
import { messageFaults } from './message-faults.ts'
import type { ApiOptions, Transport } from './transport.ts'
import { chooseWording, type MessagePolicy } from './wording.ts'

/** A fault of the environment is one line that begins with the name of the variable to change. */
export type Fault = PolicyFault | string

export type VendorDeps = {
  transport: Pick<Transport, 'post'>
  writeLine: (line: string) => void
  maskMobile: (mobile: string) => string
}

/** How many messages a vendor allows one number in a sliding window of at most a day. */
type QuotaWindow = { most: number; seconds: number }

/** A gateway with complete settings. */
export type ConfiguredGateway = {
  name: string
  /** The countries to whose numbers the gateway sends. */
  countries: readonly string[]
  /** Empty if the vendor documents no limit per number. */
  quota: readonly QuotaWindow[]
  /** The gateway's share of the messages for which it is asked first. */
  weight: number
  /** The messages a second that it takes. */
  rate: number | undefined
  hasReceipts: boolean
  create: (deps: VendorDeps) => SmsGateway
}

/** What a vendor gets of one gateway: its secrets, and the settings of its entry with their defaults. */
type Given<Secrets, Settings> = {
  /** The name of the gateway. Several gateways of one policy may have the same vendor. */
  name: string
  secrets: Secrets
  settings: Settings
  messages: readonly MessagePolicy[]
  context: VendorContext
}

type VendorDefinition<S extends TObject, P extends TObject> = {
  name: string
  /** The environment variables with the vendor's secrets. A variable that is not optional is required. */
  secrets: S
  /**
   * The keys of the policy's entry that the vendor uses, with their forms. A key without a default that is not optional
   * is required.
   */
  settings: P
  /** The words that an entry of `messages` may have, with their forms. */
  words: TObject
  /** The words that a message to a country needs. If absent, the message needs all words that are not optional. */
  needs?: (country: string, settings: Partial<StaticDecode<P>>) => readonly string[]
  mainlandOnly?: boolean
  /** True if `base_url` is a receiver of the operator, which may be on this machine, and no vendor's API. */
  isOwnReceiver?: boolean
  /** False for a vendor whose delivery receipts the API cannot read. */
  hasReceipts?: boolean
  quota?: readonly QuotaWindow[]
  /** The vendor refuses every message with a longer code. Undefined if the vendor documents no limit. */
  maxCodeLength?: number
  /** Other faults, with paths inside the entry. A value is undefined if it is absent or has a fault. */
  faults?: (given: Given<Partial<StaticDecode<S>>, Partial<StaticDecode<P>>>) => readonly (Fault | false)[]
  create: (options: VendorOptions<S, P>, deps: VendorDeps, env: VendorContext['env']) => SmsGateway
}

/** What a gateway gets: the secrets of the vendor, the settings of its entry, and what it needs to call the API. */
export type VendorOptions<S extends TObject, P extends TObject> = StaticDecode<S> &
  StaticDecode<P> &
  ApiOptions

export function defineVendor<S extends TObject, P extends TObject>(definition: VendorDefinition<S, P>) {
  const {
    name: vendor,
    secrets,
    settings,
    words,
    mainlandOnly = false,
    hasReceipts = true,
    isOwnReceiver = false,
  } = definition
  const { quota = [], maxCodeLength = Infinity, needs = () => words.required ?? [] } = definition
  type Secrets = Partial<StaticDecode<S>>

  const countriesOf = ({ countries: own }: GatewayPolicy, { countries }: VendorContext) =>
    own ?? (mainlandOnly ? countries.filter((country) => country === 'CN') : countries)
  const missing = (form: TObject, values: object) =>
    (form.required ?? []).filter((key) => field(values, key) === undefined)
  const hasSecrets = (values: Secrets): values is StaticDecode<S> => missing(secrets, values).length === 0
  const hasSettings = (values: Partial<StaticDecode<P>>): values is StaticDecode<P> =>
    missing(settings, values).length === 0

  return {
    name: vendor,
    secrets,
    countries: countriesOf,

    /** @param values the variables of the vendors, without those that have a fault */
    faults(name: string, entry: GatewayPolicy, values: Secrets, context: VendorContext): Fault[] {
      const { faults, valid } = readSettings(settings, entry, vendor)
      const { messages = [] } = entry
      const countries = countriesOf(entry, context)
      const given = { name, secrets: values, settings: valid, messages, context }
      const needed = (country: string) => needs(country, valid)
      const isForeign = (country: string) => mainlandOnly && country !== 'CN'
      const url =
        typeof valid['base_url'] === 'string' && urlFault(valid['base_url'], context, !isOwnReceiver)
      const all: (Fault | false)[] = [
        ...missing(secrets, values).map(
          (variable) => `${variable}: is missing (the gateway ${name} needs it)`,
        ),
        ...faults,
        url !== false && { at: ['base_url'], says: url },
        countries.some(isForeign) && {
          at: ['countries'],
          says: `must be [CN], because ${vendor} serves no other`,
        },
        ...messageFaults({ vendor, words, messages, countries, needed, context }),
        ...context.scenes.map(({ name: scene, length }) => {
          const says = `serves the scene ${scene}, whose codes have ${length} digits, but ${vendor} takes at most ${maxCodeLength}`
          return length > maxCodeLength && { at: [], says }
        }),
        ...(definition.faults?.(given) ?? []),
      ]
      const found = all.filter((fault) => fault !== false)
      return found.map((fault) =>
        typeof fault === 'string' ? fault : { ...fault, at: ['gateways', name, ...fault.at] },
      )
    },

    /** @throws if a secret or a setting is missing; `faults` names it */
    configure(
      name: string,
      entry: GatewayPolicy,
      values: Secrets,
      context: VendorContext,
    ): ConfiguredGateway {
      const { valid } = readSettings(settings, entry, vendor)
      if (!hasSecrets(values) || !hasSettings(valid))
        throw new Error(`the settings of the gateway ${name} are incomplete`)
      const api = { name, wordingOf: chooseWording(entry.messages), receiptUrl: callbackUrl(name, context) }
      const create = (deps: VendorDeps) => {
        const options = Object.assign({ ...api, transport: deps.transport }, valid, values)
        return definition.create(options, deps, context.env)
      }
      const { weight = 0, rate, quota: own = quota } = entry
      return { name, countries: countriesOf(entry, context), quota: own, weight, rate, hasReceipts, create }
    },
  }
}
