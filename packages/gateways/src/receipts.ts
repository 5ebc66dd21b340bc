// Lists all parsers of delivery receipts for the API. This module must not import gateways or the transport.
import { Type, type StaticDecode, type TObject } from '@sinclair/typebox'
import { aliyunReceipts } from './aliyun/receipt.ts'
import { ccpReceipts } from './ccp/receipt.ts'
import { callbackUrl, type CallbackAddress, type ReceiptParser } from './delivery-receipt.ts'
import { tencentReceipts } from './tencent/receipt.ts'
import { createTwilioReceipts, twilioAuthToken } from './twilio/receipt.ts'
import { createWebhookReceipts, receiverSecrets } from './webhook/receipt.ts'

/** The secrets with which vendors sign their delivery receipts. */
export const receiptVariables = {
  TWILIO_AUTH_TOKEN: Type.Optional(twilioAuthToken),
  WEBHOOK_SECRETS: Type.Optional(receiverSecrets),
}

/** The variable that each vendor with signed delivery receipts needs. */
const RECEIPT_SECRETS = { twilio: 'TWILIO_AUTH_TOKEN', webhook: 'WEBHOOK_SECRETS' } as const

type ReceiptValues = Partial<StaticDecode<TObject<typeof receiptVariables>>>

/** @returns one line per fault, which begins with the name of the variable to change */
export function receiptFaults(values: ReceiptValues, address: CallbackAddress): string[] {
  const isTwilioOn = values.TWILIO_AUTH_TOKEN !== undefined && address.callbackToken !== undefined
  const lacksUrl = isTwilioOn && address.publicUrl === undefined
  return lacksUrl ? ['PUBLIC_URL: is missing (Twilio signs the address that it calls)'] : []
}

/**
 * The parsers by gateway. The map is empty without `callbackToken`, the secret part of each callback address. A
 * vendor that signs its calls is included if its secret is set; Twilio needs `publicUrl` too. Others are included.
 */
export function listReceiptParsers(
  { TWILIO_AUTH_TOKEN: authToken, WEBHOOK_SECRETS: keys }: ReceiptValues,
  address: CallbackAddress,
): ReadonlyMap<string, ReceiptParser> {
  const parsers = new Map<string, ReceiptParser>()
  if (address.callbackToken === undefined) return parsers
  parsers.set('ccp', ccpReceipts).set('aliyun', aliyunReceipts).set('tencent', tencentReceipts)
  const url = callbackUrl('twilio', address)
  if (authToken !== undefined && url !== undefined)
    parsers.set('twilio', createTwilioReceipts({ authToken, url }))
  if (keys !== undefined) parsers.set('webhook', createWebhookReceipts({ keys }))
  return parsers
}

/** The vendors whose delivery receipts are not accepted because a secret is missing, each with its variable. */
export const lackedSecrets = (values: ReceiptValues, { callbackToken }: CallbackAddress) =>
  new Map<string, string>(
    Object.entries(RECEIPT_SECRETS).filter(
      ([, name]) => callbackToken !== undefined && values[name] === undefined,
    ),
  )
