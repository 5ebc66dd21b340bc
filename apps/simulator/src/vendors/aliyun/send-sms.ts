// SendSms: what may be sent. A registered template has the code as its one variable, and so the minutes are part of its text. Nothing is recognised as a repeat: the same OutId twice is two messages.
import { randomInt } from 'node:crypto'
import { parseObject } from '../json.ts'
import { CHINESE_MOBILE } from '../mobile.ts'
import type { createRollingLimits } from '../rolling-limits.ts'
import type { Verdict } from '../vendor.ts'
import { aliyunRefusal, missing, requestId } from './answers.ts'

const MAX_RECIPIENTS = 1000
const HOUR_MS = 3_600_000

/** Per number and signature, over any such time; the refusal is the text that names the limit. */
export const ALIYUN_LIMITS = [
  { windowMs: 60_000, permits: 1, refusal: '触发分钟级流控Permits:1' },
  { windowMs: HOUR_MS, permits: 5, refusal: '触发小时级流控Permits:5' },
  { windowMs: 24 * HOUR_MS, permits: 10, refusal: '触发天级流控Permits:10' },
]

/** The minutes that each template's text says, by its code. */
export type AliyunTemplates = { signName: string; templates: ReadonlyMap<string, number> }

export function createSendSms(
  deps: { limits: ReturnType<typeof createRollingLimits> },
  { signName, templates }: AliyunTemplates,
) {
  const { limits } = deps

  return (params: ReadonlyMap<string, string>, now: number): Verdict => {
    for (const name of ['PhoneNumbers', 'SignName', 'TemplateCode']) {
      if ((params.get(name) ?? '') === '') return missing(name)
    }
    const to = (params.get('PhoneNumbers') ?? '').split(',')
    if (to.length > MAX_RECIPIENTS) return aliyunRefusal('isv.MOBILE_COUNT_OVER_LIMIT')
    if (!to.every((number) => CHINESE_MOBILE.test(number))) return aliyunRefusal('isv.MOBILE_NUMBER_ILLEGAL')
    if (params.get('SignName') !== signName) return aliyunRefusal('isv.SMS_SIGNATURE_ILLEGAL')
    const template = params.get('TemplateCode') ?? ''
    const minutes = templates.get(template)
    if (minutes === undefined) return aliyunRefusal('isv.SMS_TEMPLATE_ILLEGAL')
    const code = readCode(params.get('TemplateParam'))
    if ('refusal' in code) return aliyunRefusal(code.refusal)

    for (const number of to) {
      const limit = limits.refusalOf(number, now)
      if (limit !== null) return aliyunRefusal('isv.BUSINESS_LIMIT_CONTROL', limit)
    }
    for (const number of to) limits.enter(number, now)

    const id = `${now}${randomInt(10_000, 100_000)}^0`
    const text = `【${signName}】您的验证码为${code.value}，${minutes}分钟内有效`
    const echo = params.get('OutId') ?? null
    return {
      status: 200,
      body: { Code: 'OK', Message: 'OK', BizId: id, RequestId: requestId() },
      taken: to.map((number) => ({
        id,
        to: number,
        code: code.value,
        minutes,
        text,
        template,
        at: now,
        echo,
      })),
    }
  }
}

/** The value of the one variable, or what is wrong with the parameter that should hold it. */
function readCode(templateParam: string | undefined): { value: string } | { refusal: string } {
  if (templateParam === undefined || templateParam === '')
    return { refusal: 'isv.TEMPLATE_MISSING_PARAMETERS' }
  const variables = parseObject(templateParam)
  if (variables === null) return { refusal: 'isv.INVALID_JSON_PARAM' }
  const { code, ...others } = variables
  if (code === undefined) return { refusal: 'isv.TEMPLATE_MISSING_PARAMETERS' }
  if (Object.keys(others).length > 0) return { refusal: 'isv.TEMPLATE_PARAMS_ILLEGAL' }
  if (typeof code !== 'string' || !/^[0-9A-Za-z]*$/.test(code))
    return { refusal: 'isv.TEMPLATE_PARAMS_ILLEGAL' }
  return code.length < 4 || code.length > 6 ? { refusal: 'isv.PARAM_LENGTH_LIMIT' } : { value: code }
}
