// Checks ids and codes of a vendor's answer before a gateway returns them: each must have the expected form and
// contain neither the number nor the verification code. A vendor or a proxy may repeat the request in any text.
import type { Outcome, SmsMessage } from './gateway.ts'
import { field } from './json.ts'

type Secrets = Pick<SmsMessage, 'mobile' | 'code'>
type MessageId = Pick<Outcome, 'messageId'>

export function vendorWord(value: unknown, form: RegExp, { mobile, code }: Secrets): string | undefined {
  if (typeof value !== 'string' || !form.test(value)) return undefined
  // Every spelling of a number, with and without its country calling code, ends with the same digits.
  return value.includes(mobile.slice(-7)) || value.includes(code) ? undefined : value
}

/** The vendor's id of the message, from the field `name` of an answer. An answer may lack the field. */
export function messageIdIn(answer: unknown, name: string, form: RegExp, message: Secrets): MessageId {
  const messageId = vendorWord(field(answer, name), form, message)
  return messageId === undefined ? {} : { messageId }
}
