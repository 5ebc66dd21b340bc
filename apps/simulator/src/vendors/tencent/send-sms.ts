// Tencent's action SendSms. A template has the code as {1} and the minutes as {2}. A malformed call is answered with one
// error for the whole call; a wrong template, text or number is answered with a status for that number. A message to
// another country has no sign name. Tencent does not recognise repeats: the same SessionContext twice sends two messages.
import { randomInt } from 'node:crypto'
import type { Config } from '../../config.ts'
import { SIGN_NAMES, TENCENT, type Kind } from '../accounts.ts'
import { handsetOf, INTERNATIONAL, isChinese } from '../mobile.ts'
import { createNumberLimits, onSameDay, withinMs } from '../number-limits.ts'
import { templateText } from '../text.ts'
import type { VendorAnswer, Verdict } from '../vendor.ts'
import { callError, sendStatus } from './responses.ts'

const MAX_SESSION_CONTEXT_BYTES = 511
const MAX_VARIABLE_DIGITS = 6

const LIMITS = [
  {
    permits: 1,
    isInWindow: withinMs(30_000),
    refusal: 'LimitExceeded.PhoneNumberThirtySecondLimit',
    same: 'text' as const,
  },
  { permits: 10, isInWindow: onSameDay, refusal: 'LimitExceeded.PhoneNumberDailyLimit' },
]

type Call = { number: string; variables: string[]; sessionContext: string; sender: string | null }

export function createSendSms(config: Config) {
  const limits = createNumberLimits(LIMITS, { enforced: config.SIMULATOR_VENDOR_LIMITS === 'on' })

  return {
    answer(fields: Record<string, unknown>, now: number): Verdict {
      const call = readCall(fields)
      if ('error' in call) return call.error
      const { number, variables, sessionContext, sender } = call
      const refuse = (code: string) => sendStatus({ number, sessionContext, code })
      const id = String(fields['TemplateId'])
      const template = TENCENT.templates.get(id)
      if (template === undefined) return refuse('FailedOperation.TemplateIncorrectOrUnapproved')
      const wrong = refuseNumber(number, template.kind) ?? refuseWords(fields['SignName'], call)
      if (wrong !== null) return refuse(wrong)

      const [code = '', minutes = ''] = variables
      const words = { signName: SIGN_NAMES[template.kind], code, minutes: Number(minutes) }
      const message = {
        id: `5000:${now}${randomInt(10_000, 100_000)}`,
        to: handsetOf(number),
        code,
        minutes: words.minutes,
        text: templateText(template, words),
        template: id,
        locale: template.locale,
        sign_name: template.kind === 'domestic' ? words.signName : null,
        sender,
        at: now,
        echo: sessionContext === '' ? null : sessionContext,
      }
      const limit = limits.refusalOf(message)
      if (limit !== null) return refuse(limit)
      limits.add(message)
      return {
        ...sendStatus({ number, sessionContext, code: 'Ok', serialNo: message.id }),
        accepted: message,
      }
    },

    reset: () => limits.reset(),
  }
}

/** The decoded fields, or the error of the call. */
function readCall(fields: Record<string, unknown>): Call | { error: VendorAnswer } {
  const { SessionContext: sessionContext = '', SenderId: sender = '' } = fields
  const numbers = readTexts(fields['PhoneNumberSet'] ?? [])
  const variables = readTexts(fields['TemplateParamSet'] ?? [])
  if (numbers === null) return invalid('PhoneNumberSet')
  const [number] = numbers
  if (number === undefined) return { error: callError('MissingParameter.EmptyPhoneNumberSet') }
  const tooMany = refuseSeveral(numbers)
  if (tooMany !== null) return { error: callError(tooMany) }
  for (const name of ['SmsSdkAppId', 'TemplateId', ...(isChinese(number) ? ['SignName'] : [])]) {
    if (fields[name] === undefined || fields[name] === '')
      return { error: callError('MissingParameter', `The request is missing the parameter \`${name}\`.`) }
    if (typeof fields[name] !== 'string') return invalid(name)
  }
  if (variables === null) return invalid('TemplateParamSet')
  if (typeof sessionContext !== 'string' || Buffer.byteLength(sessionContext) > MAX_SESSION_CONTEXT_BYTES)
    return invalid('SessionContext')
  if (typeof sender !== 'string') return invalid('SenderId')
  return fields['SmsSdkAppId'] === TENCENT.app
    ? { number, variables, sessionContext, sender: sender || null }
    : { error: callError('UnauthorizedOperation.SmsSdkAppIdVerifyFail') }
}

/** The vendor takes up to 200 numbers in a call. The product sends one, so more are a mistake here. */
function refuseSeveral(numbers: readonly string[]): string | null {
  if (new Set(numbers.map(isChinese)).size > 1)
    return 'UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber'
  return numbers.length > 1 ? 'LimitExceeded.PhoneNumberCountLimit' : null
}

function refuseNumber(number: string, kind: Kind): string | null {
  if (isChinese(number))
    return kind === 'domestic' ? null : 'UnsupportedOperation.GlobalTemplateToChineseMainlandPhone'
  if (!INTERNATIONAL.test(number) || number.startsWith('+86'))
    return 'InvalidParameterValue.IncorrectPhoneNumber'
  return kind === 'international' ? null : 'UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone'
}

function refuseWords(signName: unknown, { number, variables }: Call): string | null {
  if (isChinese(number) && signName !== SIGN_NAMES.domestic)
    return 'FailedOperation.SignatureIncorrectOrUnapproved'
  if (variables.length !== 2) return 'FailedOperation.TemplateParamSetNotMatchApprovedTemplate'
  if (!variables.every((value) => /^\d*$/.test(value)))
    return 'InvalidParameterValue.TemplateParameterFormatError'
  return variables.some((value) => value.length > MAX_VARIABLE_DIGITS)
    ? 'InvalidParameterValue.TemplateParameterLengthLimit'
    : null
}

function invalid(name: string): { error: VendorAnswer } {
  return { error: callError('InvalidParameter', `The value of the parameter \`${name}\` is not valid.`) }
}

function readTexts(list: unknown): string[] | null {
  if (!Array.isArray(list)) return null
  const texts = list.filter((item) => typeof item === 'string')
  return texts.length === list.length ? texts : null
}
