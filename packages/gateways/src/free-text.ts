// Writes the text of a message for gateways that take free text. With `webOtpDomain`, the last line follows the WICG
// proposal sms-one-time-codes: a browser offers the code only on a page of that domain.
import type { SmsMessage } from './gateway.ts'

export function freeText({ code, minutes, webOtpDomain }: SmsMessage): string {
  const text = `您的验证码是${code}，请于${minutes}分钟内正确输入。`
  return webOtpDomain === undefined ? text : `${text}\n\n@${webOtpDomain} #${code}`
}
