// Implements the gateway for development, which needs no settings. The gateway writes each message with its code to
// the worker's output and sends nothing, so a worker refuses this gateway in production.
import { Type } from '@sinclair/typebox'
import type { Outcome, SmsGateway, SmsMessage } from '../gateway.ts'
import { defineVendor, type VendorDeps } from '../vendor.ts'

export function createConsoleGateway(
  name: string,
  { writeLine, maskMobile }: Omit<VendorDeps, 'transport'>,
): SmsGateway {
  async function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted) return { class: 'switch_now', code: 'ABORTED' }
    writeLine(`sms to ${maskMobile(message.mobile)} (${message.scene}): ${message.text}\n`)
    return { class: 'accepted', code: 'OK', messageId: `console-${message.id}` }
  }

  return { name, send, recognises: () => false }
}

export const consoleVendor = defineVendor({
  name: 'console',
  hasReceipts: false,
  secrets: Type.Object({}),
  settings: Type.Object({}),
  words: Type.Object({}),
  faults: ({ context }) => [
    context.isProduction && { at: [], says: 'prints codes and is not allowed in production' },
  ],
  create: ({ name }, deps) => createConsoleGateway(name, deps),
})
