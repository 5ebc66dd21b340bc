// Implements the gateway for development, which needs no variables. The gateway writes each message with its code to
// the worker's output and sends nothing, so a worker refuses this gateway in production.
import { Type } from '@sinclair/typebox'
import { freeText } from '../free-text.ts'
import type { Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { defineVendor, type VendorDeps } from '../vendor.ts'

export function createConsoleGateway({ writeLine, maskMobile }: Omit<VendorDeps, 'transport'>): SmsGateway {
  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted) return { class: 'switch_now', code: 'ABORTED' }
    writeLine(`sms to ${maskMobile(message.mobile)} (${message.scene}): ${freeText(message)}\n`)
    return { class: 'accepted', code: 'OK', messageId: `console-${message.id}` }
  }

  return { name: 'console', send, recognises: () => false }
}

export const consoleVendor = defineVendor({
  name: 'console',
  settings: Type.Object({}),
  faults: (_values, { isProduction }) => [
    isProduction && 'SMS_GATEWAYS: console prints codes and is not allowed in production',
  ],
  create: (_settings, deps) => createConsoleGateway(deps),
})
