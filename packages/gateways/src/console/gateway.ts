// Owns the development gateway: it writes each message, code and all, where the developer can read it, and
// sends nothing. That is why a production configuration has to refuse it.
import { freeText } from '../free-text.ts'
import type { Outcome, SmsGateway, SmsMessage } from '../gateway.ts'

export type ConsoleOptions = { name?: string; write: (line: string) => void }

export function createConsoleGateway({ name = 'console', write }: ConsoleOptions): SmsGateway {
  function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted) return Promise.resolve({ class: 'switch_now', code: 'ABORTED' })
    write(`sms to ${mask(message.mobile)} (${message.scene}): ${freeText(message)}\n`)
    return Promise.resolve({ class: 'accepted', code: 'OK', messageId: `console-${message.id}` })
  }

  return { name, send }
}

function mask(mobile: string): string {
  return mobile.length < 10 ? '*'.repeat(mobile.length) : mobile.replace(/^(.{3}).*(.{4})$/, '$1****$2')
}
