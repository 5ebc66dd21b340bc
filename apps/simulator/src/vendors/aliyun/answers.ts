// How Aliyun says no: errors of its API gateway have a status of their own and name the host, errors of the SMS
// product come with 200.
import { randomUUID } from 'node:crypto'
import type { VendorAnswer } from '../vendor.ts'

const HOST_ID = 'dysmsapi.aliyuncs.com'

const GATEWAY_STATUSES: Record<string, number> = {
  Forbidden: 403,
  'Forbidden.RAM': 403,
  InternalError: 500,
  'InvalidAccessKeyId.NotFound': 404,
  'InvalidAction.NotFound': 404,
  ServiceUnavailable: 503,
}

const TEXTS: Record<string, string> = {
  'InvalidAccessKeyId.NotFound': 'Specified access key is not found.',
  'InvalidAction.NotFound': 'Specified api is not found, please check your url and method.',
  'InvalidTimeStamp.Expired': 'Specified time stamp or date value is expired.',
  'InvalidTimeStamp.Format': 'Specified time stamp or date value is not well formatted.',
  InvalidVersion: 'Specified parameter Version is not valid.',
  SignatureDoesNotMatch: 'Specified signature is not matched with our calculation.',
  SignatureNonceUsed: 'Specified signature nonce was used already.',
  'Throttling.User': 'Request was denied due to user flow control.',
  'isv.AMOUNT_NOT_ENOUGH': '账户余额不足',
  'isv.BUSINESS_LIMIT_CONTROL': '触发分钟级流控Permits:1',
  'isv.INVALID_JSON_PARAM': 'JSON参数不合法',
  'isv.MOBILE_COUNT_OVER_LIMIT': '手机号码数量超过限制',
  'isv.MOBILE_NUMBER_ILLEGAL': '非法手机号',
  'isv.PARAM_LENGTH_LIMIT': '参数超过长度限制',
  'isv.SMS_SIGNATURE_ILLEGAL': '该账号下找不到对应签名',
  'isv.SMS_TEMPLATE_ILLEGAL': '该账号下找不到对应模板',
  'isv.TEMPLATE_MISSING_PARAMETERS': '模版缺少变量',
  'isv.TEMPLATE_PARAMS_ILLEGAL': '模版变量里包含非法关键字',
}

/** The text of a limit or a missing parameter says more than its code, so the caller may bring its own. */
export function aliyunRefusal(code: string, text = TEXTS[code] ?? code): VendorAnswer {
  const body = { Code: code, Message: text, RequestId: requestId() }
  if (/^is[vp]\./.test(code)) return { status: 200, body }
  return {
    status: GATEWAY_STATUSES[code] ?? 400,
    headers: code.startsWith('Throttling') ? { 'x-acs-retry-after': '1000' } : {},
    body: { ...body, HostId: HOST_ID },
  }
}

export function missing(parameter: string): VendorAnswer {
  return aliyunRefusal(`Missing${parameter}`, `${parameter} is mandatory for this action.`)
}

export function requestId(): string {
  return randomUUID().toUpperCase()
}
