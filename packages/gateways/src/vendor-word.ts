// Owns which of a vendor's words may leave a gateway: an id or a code of its usual shape that holds nothing of
// the message. A vendor, or a proxy before it, may repeat in any of its texts what it was sent.
import type { SmsMessage } from './gateway.ts'

export function vendorWord(
  value: unknown,
  shape: RegExp,
  { mobile, code }: Pick<SmsMessage, 'mobile' | 'code'>,
): string | undefined {
  if (typeof value !== 'string' || !shape.test(value)) return undefined
  return value.includes(mobile) || value.includes(code) ? undefined : value
}
