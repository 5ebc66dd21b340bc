// Lists all parsers of delivery receipts for the API. This module must not import gateways or the transport.
import { Type, type StaticDecode, type TObject } from '@sinclair/typebox'
import { aliyunReceipts } from './aliyun/receipt.ts'
import { ccpReceipts } from './ccp/receipt.ts'
import { callbackUrl, type CallbackAddress, type ReceiptParser } from './delivery-receipt.ts'
import { huaweiReceipts } from './huawei/receipt.ts'
import { tencentReceipts } from './tencent/receipt.ts'
import { createTwilioReceipts, twilioAuthToken } from './twilio/receipt.ts'
import { vonageReceipts } from './vonage/receipt.ts'
import { createWebhookReceipts, receiverSecrets } from './webhook/receipt.ts'

/** The secrets with which vendors sign their delivery receipts. */
export const receiptVariables = {
  TWILIO_AUTH_TOKEN: Type.Optional(twilioAuthToken),
  WEBHOOK_SECRETS: Type.Optional(receiverSecrets),
}

/** The vendors that do not sign their delivery receipts. */
const UNSIGNED = new Map([
  ['ccp', ccpReceipts],
  ['aliyun', aliyunReceipts],
  ['tencent', tencentReceipts],
  ['huawei', huaweiReceipts],
  ['vonage', vonageReceipts],
])

/** The variable that each vendor with signed delivery receipts needs. */
const RECEIPT_SECRETS = { twilio: 'TWILIO_AUTH_TOKEN', webhook: 'WEBHOOK_SECRETS' } as const

type ReceiptValues = Partial<StaticDecode<TObject<typeof receiptVariables>>>

/** @returns one line per fault, which begins with the name of the variable to change */
export function receiptFaults(values: ReceiptValues, address: CallbackAddress): string[] {
  const isTwilioOn = values.TWILIO_AUTH_TOKEN !== undefined && address.callbackToken !== undefined
  const lacksUrl = isTwilioOn && address.publicUrl === undefined
  return lacksUrl ? ['PUBLIC_URL: is missing (Twilio signs the address that it calls)'] : []
}

/** The entries of the policy's gateways, by name. */
type Gateways = Readonly<Record<string, { vendor?: string }>>

/** The vendor of each gateway. Vendors without an entry are included, because their receipts may come late. */
const vendorsOf = (gateways: Gateways) =>
  new Map([
    ...[...UNSIGNED.keys(), ...Object.keys(RECEIPT_SECRETS)].map((vendor) => [vendor, vendor] as const),
    ...Object.entries(gateways).map(([name, { vendor = name }]) => [name, vendor] as const),
  ])

/**
 * The parsers by gateway. The map is empty without `callbackToken`, the secret part of each callback address. A
 * vendor that signs its calls is included if its secret is set; Twilio needs `publicUrl` too. Others are included.
 */
export function listReceiptParsers(
  { TWILIO_AUTH_TOKEN: authToken, WEBHOOK_SECRETS: keys }: ReceiptValues,
  address: CallbackAddress,
  gateways: Gateways = {},
): ReadonlyMap<string, ReceiptParser> {
  const parsers = new Map<string, ReceiptParser>()
  for (const [name, vendor] of address.callbackToken === undefined ? [] : vendorsOf(gateways)) {
    const [unsigned, url] = [UNSIGNED.get(vendor), callbackUrl(name, address)]
    if (unsigned !== undefined) parsers.set(name, unsigned)
    if (vendor === 'twilio' && authToken !== undefined && url !== undefined)
      parsers.set(name, createTwilioReceipts({ authToken, url }))
    if (vendor === 'webhook' && keys !== undefined) parsers.set(name, createWebhookReceipts({ keys }))
  }
  return parsers
}

/** The gateways whose delivery receipts are not accepted because a secret is missing, each with its variable. */
export const lackedSecrets = (
  values: ReceiptValues,
  { callbackToken }: CallbackAddress,
  gateways: Gateways = {},
) =>
  new Map<string, string>(
    [...vendorsOf(gateways)].flatMap(([name, vendor]): [string, string][] => {
      const secret = vendor === 'twilio' || vendor === 'webhook' ? RECEIPT_SECRETS[vendor] : undefined
      return secret === undefined || callbackToken === undefined || values[secret] !== undefined
        ? []
        : [[name, secret]]
    }),
  )
