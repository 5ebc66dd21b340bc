// Owns the list of all delivery-receipt parsers, for the API. This module must not import gateways or the transport.
import { Type, type StaticDecode, type TObject } from '@sinclair/typebox'
import { aliyunReceipts } from './aliyun/receipt.ts'
import { ccpReceipts } from './ccp/receipt.ts'
import { callbackUrl, type ReceiptParser } from './delivery-receipt.ts'
import { tencentReceipts } from './tencent/receipt.ts'
import { createTwilioReceipts, twilioAuthToken } from './twilio/receipt.ts'
import { createWebhookReceipts, receiverSecrets } from './webhook/receipt.ts'

/** The secrets with which vendors sign their delivery receipts. */
export const receiptVariables = {
  TWILIO_AUTH_TOKEN: Type.Optional(twilioAuthToken),
  WEBHOOK_SECRETS: Type.Optional(receiverSecrets),
}
export type ReceiptValues = Partial<StaticDecode<TObject<typeof receiptVariables>>>

type Address = { publicUrl: string | undefined; callbackToken: string | undefined }

/** @returns one line per fault, which begins with the name of the variable to change */
export function receiptFaults(values: ReceiptValues, { publicUrl, callbackToken }: Address): string[] {
  const isTwilioOn = values.TWILIO_AUTH_TOKEN !== undefined && callbackToken !== undefined
  return isTwilioOn && publicUrl === undefined
    ? ['PUBLIC_URL: is missing (Twilio signs the address that it calls)']
    : []
}

/**
 * The parsers by gateway. A vendor that signs nothing is always included, because the token protects its address.
 * A vendor that signs is included once its secret is configured. Without a token there are no parsers.
 */
export function listReceiptParsers(
  values: ReceiptValues,
  { publicUrl, callbackToken }: Address,
): ReadonlyMap<string, ReceiptParser> {
  const parsers = new Map<string, ReceiptParser>()
  if (callbackToken === undefined) return parsers
  parsers.set('ccp', ccpReceipts).set('aliyun', aliyunReceipts).set('tencent', tencentReceipts)
  const { TWILIO_AUTH_TOKEN: authToken, WEBHOOK_SECRETS: keys } = values
  if (authToken !== undefined && publicUrl !== undefined)
    parsers.set(
      'twilio',
      createTwilioReceipts({ authToken, url: callbackUrl(publicUrl, 'twilio', callbackToken) }),
    )
  if (keys !== undefined) parsers.set('webhook', createWebhookReceipts({ keys }))
  return parsers
}
