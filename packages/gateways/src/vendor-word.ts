// Owns which values of a vendor's answer may leave a gateway: an id or a code of the expected form that contains
// nothing of the message. A vendor, or a proxy in front of it, may repeat the request in any text of its answer.
import type { SmsMessage } from './gateway.ts'

export function vendorWord(
  value: unknown,
  shape: RegExp,
  { mobile, code }: Pick<SmsMessage, 'mobile' | 'code'>,
): string | undefined {
  if (typeof value !== 'string' || !shape.test(value)) return undefined
  return value.includes(mobile) || value.includes(code) ? undefined : value
}
