// Aliyun's action SendSms. A registered template has one variable, the code, so its text names fixed minutes. Its kind
// decides how a number is read: eleven digits are a number in China or, with an international template, a number that
// begins with its country code. Aliyun does not recognise repeats: the same OutId twice sends two messages.
import { randomInt } from 'node:crypto'
import type { Config } from '../../config.ts'
import { ALIYUN, SIGN_NAMES, type Kind } from '../accounts.ts'
import { parseObject } from '../json.ts'
import { CHINESE_MOBILE, countryOf, INTERNATIONAL } from '../mobile.ts'
import { createNumberLimits, withinMs } from '../number-limits.ts'
import { templateText } from '../text.ts'
import type { Verdict } from '../vendor.ts'
import { aliyunRefusal, missing, requestId } from './refusals.ts'

const HOUR_MS = 3_600_000

/** All three have the same code; their refusal is the text that names the limit. */
const LIMITS = [
  { permits: 1, isInWindow: withinMs(60_000), refusal: '触发分钟级流控Permits:1' },
  { permits: 5, isInWindow: withinMs(HOUR_MS), refusal: '触发小时级流控Permits:5' },
  { permits: 10, isInWindow: withinMs(24 * HOUR_MS), refusal: '触发天级流控Permits:10' },
]

export function createSendSms(config: Config) {
  const limits = createNumberLimits(LIMITS, { enforced: config.SIMULATOR_VENDOR_LIMITS === 'on' })

  return {
    answer(params: ReadonlyMap<string, string>, now: number): Verdict {
      for (const name of ['PhoneNumbers', 'SignName', 'TemplateCode']) {
        if ((params.get(name) ?? '') === '') return missing(name)
      }
      const number = params.get('PhoneNumbers') ?? ''
      // The vendor takes up to 1,000 numbers in a call. The product sends one, so more are a mistake here.
      if (number.includes(',')) return aliyunRefusal('isv.MOBILE_COUNT_OVER_LIMIT')
      const id = params.get('TemplateCode') ?? ''
      const template = ALIYUN.templates.get(id)
      if (template === undefined) return aliyunRefusal('isv.SMS_TEMPLATE_ILLEGAL')
      const signName = params.get('SignName') ?? ''
      const refusal = refuseNumber(number, template.kind) ?? refuseSignName(signName, template.kind)
      if (refusal !== null) return aliyunRefusal(refusal)
      const code = readCode(params.get('TemplateParam'))
      if ('refusal' in code) return aliyunRefusal(code.refusal)

      const variables = { code: code.value, minutes: template.minutes ?? 0 }
      const message = {
        id: `${now}${randomInt(10_000, 100_000)}^0`,
        to: template.kind === 'domestic' ? number : `+${number}`,
        ...variables,
        text: templateText(template, { signName, ...variables }),
        template: id,
        locale: template.locale,
        sign_name: signName,
        sender: null,
        at: now,
        echo: params.get('OutId') ?? null,
      }
      const limit = limits.refusalOf(message)
      if (limit !== null) return aliyunRefusal('isv.BUSINESS_LIMIT_CONTROL', limit)
      limits.add(message)
      return {
        status: 200,
        body: { Code: 'OK', Message: 'OK', BizId: message.id, RequestId: requestId() },
        accepted: message,
      }
    },

    reset: () => limits.reset(),
  }
}

function refuseNumber(number: string, kind: Kind): string | null {
  const isMobile = CHINESE_MOBILE.test(number)
  if (kind === 'domestic') return isMobile ? null : 'isv.MOBILE_NUMBER_ILLEGAL'
  const country = countryOf(`+${number}`)
  if (country === 'CN' || (country === null && isMobile)) return 'isv.DOMESTIC_NUMBER_NOT_SUPPORTED'
  return INTERNATIONAL.test(`+${number}`) ? null : 'isv.MOBILE_NUMBER_ILLEGAL'
}

function refuseSignName(signName: string, kind: Kind): string | null {
  if (signName === SIGN_NAMES[kind]) return null
  return Object.values(SIGN_NAMES).includes(signName)
    ? 'isv.SMS_SIGNATURE_SCENE_ILLEGAL'
    : 'isv.SMS_SIGNATURE_ILLEGAL'
}

/** The value of the template's variable, or the code with which the parameter is refused. */
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
