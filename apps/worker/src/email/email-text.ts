/**
 * Writes a mail in both languages, because the language of its reader is not known. The subject does not contain
 * the code: subjects are shown on locked screens and logged by mail servers.
 * @param code digits only, so it needs no escaping in HTML
 */
export function mailText(code: string, minutes: number, maskedMobile: string) {
  const zh = `您为手机号 ${maskedMobile} 请求的验证码是 ${code}，${minutes} 分钟内有效。短信未能送达，因此改发到这个邮箱。`
  const en = `The code you asked for with the number ${maskedMobile} is ${code}. It is good for ${minutes} minutes. The text message could not be delivered, so it comes to this address.`
  const never = [
    '如果不是您本人的请求，请忽略这封邮件，也不要把验证码告诉任何人。',
    'If you did not ask for it, ignore this mail, and do not give the code to anyone.',
  ]
  return {
    subject: '验证码 / Your verification code',
    text: [zh, never[0], '', en, never[1], ''].join('\n'),
    html: `<div style="font-family:system-ui,sans-serif;max-width:32em;line-height:1.6">
<p>${zh}</p>
<p style="font-size:2em;letter-spacing:.2em;font-weight:600;margin:.5em 0">${code}</p>
<p>${en}</p>
<p style="color:#666;font-size:.9em">${never.join('<br>')}</p>
</div>`,
  }
}
