import type { ApiConfig } from '../config/config.ts'
import { aliyunCallback } from './aliyun.ts'
import type { Callback } from './callback.ts'
import { ccpCallback } from './ccp.ts'
import { tencentCallback } from './tencent.ts'
import { createTwilioCallback } from './twilio.ts'
import { createWebhookCallback } from './webhook.ts'

/**
 * Whose delivery receipts are taken: of the gateways that sign nothing always, for their address is a secret,
 * and of those that sign where what they sign with is configured.
 */
export function listCallbacks(options: ApiConfig['callbacks']): ReadonlyMap<string, Callback> {
  const { token, publicUrl, twilioAuthToken, webhookSecrets } = options
  const callbacks = new Map<string, Callback>()
  if (token === '') return callbacks
  callbacks.set('ccp', ccpCallback).set('aliyun', aliyunCallback).set('tencent', tencentCallback)
  if (twilioAuthToken !== undefined && publicUrl !== undefined) {
    const url = `${publicUrl}/callbacks/twilio/${token}`
    callbacks.set('twilio', createTwilioCallback({ authToken: twilioAuthToken, url }))
  }
  if (webhookSecrets.length > 0) callbacks.set('webhook', createWebhookCallback({ secrets: webhookSecrets }))
  return callbacks
}
