// Defines how a vendor is described to the worker: its settings, a check of the settings, and a gateway factory.
import type { StaticDecode, TObject } from '@sinclair/typebox'
import type { CallbackAddress } from './delivery-receipt.ts'
import type { SmsGateway } from './gateway.ts'
import { field } from './json.ts'
import type { Transport } from './transport.ts'

/** `lengthVariable` is the variable that sets the number of digits in the codes of the scene. */
type SceneContext = { name: string; ttlSeconds: number; length: number; lengthVariable: string }

/** The part of the worker's configuration that the settings of a vendor depend on. */
export type SettingsContext = CallbackAddress & {
  isProduction: boolean
  /** Undefined if the worker's own settings of the scenes have a fault. */
  scenes: readonly SceneContext[] | undefined
}

export type VendorDeps = {
  transport: Pick<Transport, 'post'>
  writeLine: (line: string) => void
  maskMobile: (mobile: string) => string
}

/** How many messages a vendor allows one number in a sliding window of at most a day. */
type QuotaWindow = { most: number; seconds: number }

/** A vendor with complete settings. */
export type ConfiguredVendor = {
  name: string
  /** Empty if the vendor documents no limit per number. */
  quota: readonly QuotaWindow[]
  create: (deps: VendorDeps) => SmsGateway
}

type VendorDefinition<S extends TObject> = {
  name: string
  /** A variable that is neither optional nor has a default is required once SMS_GATEWAYS lists the vendor. */
  settings: S
  /** Faults that involve more than one variable. A value is undefined if its variable is unset or has a fault. */
  faults: (values: Partial<StaticDecode<S>>, context: SettingsContext) => (string | false)[]
  quota?: readonly QuotaWindow[]
  /** The vendor refuses every message with a longer code. Undefined if the vendor documents no limit. */
  maxCodeLength?: number
  create: (settings: StaticDecode<S>, deps: VendorDeps, context: SettingsContext) => SmsGateway
}

export function defineVendor<S extends TObject>(definition: VendorDefinition<S>) {
  const { name, settings, quota = [], maxCodeLength = Infinity, create } = definition
  type Values = Partial<StaticDecode<S>>
  const missingFrom = (values: Values) =>
    (settings.required ?? []).filter((variable) => field(values, variable) === undefined)
  const isComplete = (values: Values): values is StaticDecode<S> => missingFrom(values).length === 0
  const tooLong = ({ name: scene, length, lengthVariable }: SceneContext) =>
    length > maxCodeLength &&
    `${lengthVariable}: codes of scene ${scene} have ${length} digits, but ${name} accepts at most ${maxCodeLength}; shorten the codes, or remove ${name} from SMS_GATEWAYS`
  return {
    name,
    settings,

    /** One line per fault, which begins with the name of the variable to change. */
    faults: (values: Values, context: SettingsContext): string[] => [
      ...missingFrom(values).map((variable) => `${variable}: is missing (SMS_GATEWAYS lists ${name})`),
      ...[...definition.faults(values, context), ...(context.scenes ?? []).map(tooLong)].filter(
        (fault) => fault !== false,
      ),
    ],

    /** @throws if a required variable is missing; `faults` names the variable */
    configure(values: Values, context: SettingsContext): ConfiguredVendor {
      if (!isComplete(values)) throw new Error(`the settings of ${name} are incomplete`)
      return { name, quota, create: (deps) => create(values, deps, context) }
    },
  }
}
