// Owns the development gateway. It writes each message with its code to the worker's output and sends nothing, so
// a worker refuses it in production.
import { freeText } from '../free-text.ts'
import { recognisesNothing } from '../gateway.ts'
import type { DoubtHandling, Outcome, SmsGateway, SmsMessage } from '../gateway.ts'

export type ConsoleOptions = {
  writeLine: (line: string) => void
  maskMobile: (mobile: string) => string
}

export function createConsoleGateway({ writeLine, maskMobile }: ConsoleOptions): SmsGateway & DoubtHandling {
  function send(message: SmsMessage, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted) return Promise.resolve({ class: 'switch_now', code: 'ABORTED' })
    writeLine(`sms to ${maskMobile(message.mobile)} (${message.scene}): ${freeText(message)}\n`)
    return Promise.resolve({ class: 'accepted', code: 'OK', messageId: `console-${message.id}` })
  }

  return { name: 'console', send, recognises: recognisesNothing }
}
