// Huawei Cloud's call batchSendSms. A template has the code as its one variable, so its text names fixed minutes. The
// channel decides which numbers and templates it takes. Huawei does not recognise repeats. Its limits on messages to one
// number are left out, because the code of their refusal is not known.
import { HUAWEI, SIGN_NAMES, type Kind, type Template } from '../accounts.ts'
import { handsetOf, INTERNATIONAL, isChinese } from '../mobile.ts'
import { templateText } from '../text.ts'
import type { Verdict } from '../vendor.ts'
import { callError, messageId, numberStatus } from './responses.ts'

const MAX_EXTEND = 128

export function sendSms(form: URLSearchParams, now: number): Verdict {
  const field = (name: string) => form.get(name) ?? ''
  const [from, to, id, echo] = [field('from'), field('to'), field('templateId'), field('extend')]
  if (from === '' || to === '' || id === '' || echo.length > MAX_EXTEND) return callError('E000503')
  const row = { from, to, id: messageId(), now }
  const refuse = (status: string) => numberStatus({ ...row, status })
  // The vendor takes up to 500 numbers in a call. The product sends one, so more are a mistake here.
  if (to.includes(',')) return refuse('E200015')
  const template = HUAWEI.templates.get(id)
  const refusal = refuseMessage({ from, to, template, signName: field('signature') })
  if (template === undefined || refusal !== null) return refuse(refusal ?? 'E200030')
  const code = readCode(field('templateParas'))
  if (code === null) return refuse('E200028')

  const variables = { code, minutes: template.minutes ?? 0 }
  const signName = SIGN_NAMES[template.kind]
  const callback = field('statusCallback')
  return {
    ...numberStatus({ ...row, status: '000000' }),
    accepted: {
      id: row.id,
      to: handsetOf(to),
      ...variables,
      text: templateText(template, { signName, ...variables }),
      template: id,
      locale: template.locale,
      sign_name: signName,
      sender: from,
      at: now,
      echo: echo || null,
      ...(callback === '' ? {} : { callback }),
    },
  }
}

type Sent = { from: string; to: string; template: Template | undefined; signName: string }

function refuseMessage({ from, to, template, signName }: Sent): string | null {
  const kind: Kind = isChinese(to) ? 'domestic' : 'international'
  if (!isChinese(to) && (!INTERNATIONAL.test(to) || to.startsWith('+86'))) return 'E000503'
  if (HUAWEI.channels.get(from) !== kind) return 'E200018'
  if (template === undefined) return 'E200030'
  if (template.kind !== kind) return 'E200033'
  // Only a template for all sign names needs one in the call.
  return signName === '' || signName === SIGN_NAMES[kind] ? null : 'E200029'
}

/** The value of the template's one variable, or null for a list that does not fit. */
function readCode(paras: string): string | null {
  return /^\["([0-9A-Za-z]{1,20})"\]$/.exec(paras.replaceAll(/\s/g, ''))?.[1] ?? null
}
