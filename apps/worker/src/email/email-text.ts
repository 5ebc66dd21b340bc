import type { SmsMessage } from '@sms-codes/gateways/gateway'

/** What a mail says beside the text of the message, in the language of the message as far as it is known. */
const NOTES = {
  zh: (mobile: string) => ({
    subject: '验证码',
    why: `您为手机号 ${mobile} 请求了验证码。短信未能送达，因此改发到这个邮箱。`,
    never: '如果不是您本人的请求，请忽略这封邮件，也不要把验证码告诉任何人。',
  }),
  'zh-HK': (mobile: string) => ({
    subject: '驗證碼',
    why: `您為手機號碼 ${mobile} 請求了驗證碼。短訊未能送達，因此改發到這個電郵地址。`,
    never: '如果不是您本人的請求，請忽略這封郵件，也不要把驗證碼告訴任何人。',
  }),
  en: (mobile: string) => ({
    subject: 'Your verification code',
    why: `You asked for this code with the number ${mobile}. The text message could not be delivered, so the code comes to this address.`,
    never: 'If you did not ask for it, ignore this mail, and do not give the code to anyone.',
  }),
}

/** Hong Kong, Macau and Taiwan read traditional characters. */
const notesOf = (locale: string) =>
  /^zh-(HK|MO|TW)/.test(locale) ? 'zh-HK' : locale.startsWith('zh') ? 'zh' : 'en'

const escapeHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\n', '<br>')

/**
 * Writes a mail. The subject does not contain the code: subjects are shown on locked screens and logged by mail servers.
 */
export function mailText({ locale, text, code }: SmsMessage, maskedMobile: string) {
  const { subject, why, never } = NOTES[notesOf(locale)](maskedMobile)
  return {
    subject,
    text: [text, '', why, never, ''].join('\n'),
    html: `<div style="font-family:system-ui,sans-serif;max-width:32em;line-height:1.6">
<p>${escapeHtml(text)}</p>
<p style="font-size:2em;letter-spacing:.2em;font-weight:600;margin:.5em 0">${code}</p>
<p>${why}</p>
<p style="color:#666;font-size:.9em">${never}</p>
</div>`,
  }
}
