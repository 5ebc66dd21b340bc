// Lists all vendors for the worker. The parsers of the vendors' delivery receipts are listed in receipts.ts.
import { Type, type StaticDecode, type TObject } from '@sinclair/typebox'
import { aliyun } from './aliyun/settings.ts'
import { ccp } from './ccp/settings.ts'
import { consoleVendor } from './console/gateway.ts'
import { tencent } from './tencent/settings.ts'
import { twilio } from './twilio/settings.ts'
import type { ConfiguredVendor, SettingsContext } from './vendor.ts'
import { webhook } from './webhook/settings.ts'

/** The variables of all vendors. All are optional here, because only a listed vendor requires its variables. */
export const vendorVariables = {
  ...Type.Partial(ccp.settings).properties,
  ...Type.Partial(aliyun.settings).properties,
  ...Type.Partial(tencent.settings).properties,
  ...Type.Partial(twilio.settings).properties,
  ...Type.Partial(webhook.settings).properties,
}
type VendorValues = Partial<StaticDecode<TObject<typeof vendorVariables>>>

export type Vendor = {
  name: string
  faults: (values: VendorValues, context: SettingsContext) => string[]
  configure: (values: VendorValues, context: SettingsContext) => ConfiguredVendor
}

export const vendors: readonly Vendor[] = [ccp, aliyun, tencent, twilio, webhook, consoleVendor]
