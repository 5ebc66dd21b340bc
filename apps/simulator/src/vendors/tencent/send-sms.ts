// Tencent's action SendSms. A template has the code as {1} and the minutes as {2}. A malformed call is answered with one
// error for the whole call; a wrong template, text or number is answered with a status for that number. Tencent does not
// recognise repeats: the same SessionContext twice sends two messages.
import { randomInt } from 'node:crypto'
import type { Config } from '../../config.ts'
import { handsetOf } from '../mobile.ts'
import { createNumberLimits, onSameDay, withinMs } from '../number-limits.ts'
import { readTemplates } from '../templates.ts'
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

type Call = { number: string; variables: string[]; sessionContext: string }

export function createSendSms(config: Config) {
  const signName = config.TENCENT_SIGN_NAME
  const templates = readTemplates(config.TENCENT_TEMPLATE_ID, config.TENCENT_TEMPLATES)
  const limits = createNumberLimits(LIMITS, { enforced: config.SIMULATOR_VENDOR_LIMITS === 'on' })

  /** The decoded fields, or the error of the call. */
  function readCall(fields: Record<string, unknown>): Call | { error: VendorAnswer } {
    const { SessionContext: sessionContext = '' } = fields
    const numbers = readTexts(fields['PhoneNumberSet'] ?? [])
    const variables = readTexts(fields['TemplateParamSet'] ?? [])
    if (numbers === null) return invalid('PhoneNumberSet')
    const [number, ...others] = numbers
    if (number === undefined) return { error: callError('MissingParameter.EmptyPhoneNumberSet') }
    // The vendor takes up to 200 numbers in a call. The product sends one, so more are a mistake here.
    if (others.length > 0) return { error: callError('LimitExceeded.PhoneNumberCountLimit') }
    for (const name of ['SmsSdkAppId', 'TemplateId', 'SignName']) {
      if (fields[name] === undefined || fields[name] === '')
        return { error: callError('MissingParameter', `The request is missing the parameter \`${name}\`.`) }
      if (typeof fields[name] !== 'string') return invalid(name)
    }
    if (variables === null) return invalid('TemplateParamSet')
    if (typeof sessionContext !== 'string' || Buffer.byteLength(sessionContext) > MAX_SESSION_CONTEXT_BYTES)
      return invalid('SessionContext')
    return fields['SmsSdkAppId'] === config.TENCENT_SDK_APP_ID
      ? { number, variables, sessionContext }
      : { error: callError('UnauthorizedOperation.SmsSdkAppIdVerifyFail') }
  }

  function refuseMessage(fields: Record<string, unknown>, variables: readonly string[]): string | null {
    if (fields['SignName'] !== signName) return 'FailedOperation.SignatureIncorrectOrUnapproved'
    if (!templates.has(String(fields['TemplateId']))) return 'FailedOperation.TemplateIncorrectOrUnapproved'
    if (variables.length !== 2) return 'FailedOperation.TemplateParamSetNotMatchApprovedTemplate'
    if (!variables.every((value) => /^\d*$/.test(value)))
      return 'InvalidParameterValue.TemplateParameterFormatError'
    return variables.some((value) => value.length > MAX_VARIABLE_DIGITS)
      ? 'InvalidParameterValue.TemplateParameterLengthLimit'
      : null
  }

  return {
    answer(fields: Record<string, unknown>, now: number): Verdict {
      const call = readCall(fields)
      if ('error' in call) return call.error
      const { number, variables, sessionContext } = call
      const [code = '', minutes = ''] = variables
      const message = {
        id: `5000:${now}${randomInt(10_000, 100_000)}`,
        to: handsetOf(number),
        code,
        minutes: Number(minutes),
        text: `【${signName}】您的验证码是${code}，请于${minutes}分钟内正确输入`,
        template: String(fields['TemplateId']),
        at: now,
        echo: sessionContext === '' ? null : sessionContext,
      }
      const refusal = refuseMessage(fields, variables) ?? refuseForeign(number) ?? limits.refusalOf(message)
      if (refusal !== null) return sendStatus({ number, sessionContext, code: refusal })
      limits.add(message)
      return {
        ...sendStatus({ number, sessionContext, code: 'Ok', serialNo: message.id }),
        accepted: message,
      }
    },

    reset: () => limits.reset(),
  }
}

function refuseForeign(number: string): string | null {
  if (handsetOf(number) !== number) return null
  return /^\+(?!86)[1-9]\d{6,14}$/.test(number)
    ? 'UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone'
    : 'InvalidParameterValue.IncorrectPhoneNumber'
}

function invalid(name: string): { error: VendorAnswer } {
  return { error: callError('InvalidParameter', `The value of the parameter \`${name}\` is not valid.`) }
}

function readTexts(list: unknown): string[] | null {
  if (!Array.isArray(list)) return null
  const texts = list.filter((item) => typeof item === 'string')
  return texts.length === list.length ? texts : null
}
