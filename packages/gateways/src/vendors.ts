// Lists all vendors for the worker. The parsers of the vendors' delivery receipts are listed in receipts.ts.
import { Type, type StaticDecode, type TObject } from '@sinclair/typebox'
import { aliyun } from './aliyun/gateway.ts'
import { ccp } from './ccp/gateway.ts'
import { consoleVendor } from './console/gateway.ts'
import { httpVendor } from './http/settings.ts'
import { huawei } from './huawei/gateway.ts'
import { sns } from './sns/gateway.ts'
import { tencent } from './tencent/gateway.ts'
import { twilio } from './twilio/gateway.ts'
import { vonage } from './vonage/gateway.ts'
import { webhook } from './webhook/gateway.ts'

/** The secrets of all vendors. All are optional here, because only a gateway of the vendor requires them. */
export const vendorVariables = {
  ...Type.Partial(ccp.secrets).properties,
  ...Type.Partial(aliyun.secrets).properties,
  ...Type.Partial(tencent.secrets).properties,
  ...Type.Partial(huawei.secrets).properties,
  ...Type.Partial(twilio.secrets).properties,
  ...Type.Partial(vonage.secrets).properties,
  ...Type.Partial(sns.secrets).properties,
  ...Type.Partial(webhook.secrets).properties,
}
export type VendorValues = Partial<StaticDecode<TObject<typeof vendorVariables>>>

export const vendors = [ccp, aliyun, tencent, huawei, twilio, vonage, sns, webhook, httpVendor, consoleVendor]
