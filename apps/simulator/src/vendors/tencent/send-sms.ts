// SendSms: what may be sent. Its templates have {1} the code and {2} the minutes. What is wrong with the call
// is an error of the call, what is wrong with the message or its number stands beside the number. Nothing is recognised
// as a repeat: the same SessionContext twice is two messages.
import { randomInt } from 'node:crypto'
import { handsetOf } from '../mobile.ts'
import type { Taken, Verdict } from '../vendor.ts'
import { callError, sendStatuses, type NumberStatus } from './answers.ts'
import type { createTencentLimits } from './limits.ts'

const MAX_RECIPIENTS = 200
const MAX_SESSION_CONTEXT_BYTES = 511
const MAX_VARIABLE_DIGITS = 6

export type TencentAccount = {
  sdkAppId: string
  signName: string
  templates: ReadonlyMap<string, number>
}

export function createSendSms(
  deps: { limits: ReturnType<typeof createTencentLimits> },
  account: TencentAccount,
) {
  const { limits } = deps

  /** What every number of the call is told, or null. */
  function whatIsWrong(fields: Record<string, unknown>, variables: readonly string[]): string | null {
    if (fields['SignName'] !== account.signName) return 'FailedOperation.SignatureIncorrectOrUnapproved'
    if (!account.templates.has(String(fields['TemplateId'])))
      return 'FailedOperation.TemplateIncorrectOrUnapproved'
    if (variables.length !== 2) return 'FailedOperation.TemplateParamSetNotMatchApprovedTemplate'
    if (!variables.every((value) => /^\d*$/.test(value)))
      return 'InvalidParameterValue.TemplateParameterFormatError'
    return variables.some((value) => value.length > MAX_VARIABLE_DIGITS)
      ? 'InvalidParameterValue.TemplateParameterLengthLimit'
      : null
  }

  return (fields: Record<string, unknown>, now: number): Verdict => {
    const numbers = readTexts(fields['PhoneNumberSet'] ?? [])
    const variables = readTexts(fields['TemplateParamSet'] ?? [])
    const sessionContext = fields['SessionContext'] ?? ''
    if (numbers === null) return invalid('PhoneNumberSet')
    if (numbers.length === 0) return callError('MissingParameter.EmptyPhoneNumberSet')
    if (numbers.length > MAX_RECIPIENTS) return callError('LimitExceeded.PhoneNumberCountLimit')
    for (const name of ['SmsSdkAppId', 'TemplateId', 'SignName']) {
      if (fields[name] === undefined || fields[name] === '') {
        return callError('MissingParameter', `The request is missing the parameter \`${name}\`.`)
      }
      if (typeof fields[name] !== 'string') return invalid(name)
    }
    if (variables === null) return invalid('TemplateParamSet')
    if (typeof sessionContext !== 'string') return invalid('SessionContext')
    if (Buffer.byteLength(sessionContext) > MAX_SESSION_CONTEXT_BYTES) return invalid('SessionContext')
    if (fields['SmsSdkAppId'] !== account.sdkAppId)
      return callError('UnauthorizedOperation.SmsSdkAppIdVerifyFail')

    const wrong = whatIsWrong(fields, variables)
    const [code = '', minutes = ''] = variables
    const text = `【${account.signName}】您的验证码是${code}，请于${minutes}分钟内正确输入`
    const taken: Taken[] = []
    const statuses = numbers.map((number): NumberStatus => {
      const refusal =
        wrong ?? (isChinese(number) ? limits.refusalOf(number, text, now) : refusalOfForeign(number))
      if (refusal !== null) return { number, sessionContext, code: refusal }
      limits.enter(number, text, now)
      const serialNo = `5000:${now}${randomInt(10_000, 100_000)}`
      const echo = sessionContext === '' ? null : sessionContext
      taken.push({
        id: serialNo,
        to: handsetOf(number),
        code,
        minutes: Number(minutes),
        text,
        template: String(fields['TemplateId']),
        at: now,
        echo,
      })
      return { number, sessionContext, code: 'Ok', serialNo }
    })
    return { ...sendStatuses(statuses), taken }
  }
}

function isChinese(number: string): boolean {
  return handsetOf(number) !== number
}

function refusalOfForeign(number: string): string {
  return /^\+(?!86)[1-9]\d{6,14}$/.test(number)
    ? 'UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone'
    : 'InvalidParameterValue.IncorrectPhoneNumber'
}

function invalid(name: string): Verdict {
  return callError('InvalidParameter', `The value of the parameter \`${name}\` is not valid.`)
}

function readTexts(list: unknown): string[] | null {
  if (!Array.isArray(list)) return null
  const texts = list.filter((item) => typeof item === 'string')
  return texts.length === list.length ? texts : null
}
