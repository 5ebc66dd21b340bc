// Lists the OutcomeClass of each result code of Aliyun SMS. `isv.` means a fault of the caller, so an unlisted
// `isv.` code is a refusal. Any other unlisted code leaves open whether the message was taken.
import { classByCode } from '../code-table.ts'
import type { OutcomeClass } from '../gateway.ts'

const classes = classByCode({
  accepted: 'OK',
  retry_same: 'Throttling',
  // SignatureNonceUsed: Aliyun received the same request before, and the first copy may have been taken.
  ambiguous: 'isp.SYSTEM_ERROR isp.UNKNOWN_ERROR SignatureNonceUsed InternalError ServiceUnavailable',
  number: 'isv.MOBILE_NUMBER_ILLEGAL isv.DOMESTIC_NUMBER_NOT_SUPPORTED',
  number_limit: 'isv.BUSINESS_LIMIT_CONTROL',
  template: `isv.SMS_TEMPLATE_ILLEGAL isv.SMS_SIGNATURE_ILLEGAL isv.SMS_SIGN_ILLEGAL isv.SIGN_STATE_ILLEGAL
    isv.SMS_SIGNATURE_SCENE_ILLEGAL isv.INVALID_PARAMETERS isv.INVALID_JSON_PARAM
    isv.TEMPLATE_MISSING_PARAMETERS isv.TEMPLATE_PARAMS_ILLEGAL isv.PARAM_LENGTH_LIMIT
    isv.PARAM_NOT_SUPPORT_URL isv.SMS_CONTENT_ILLEGAL isv.BLACK_KEY_CONTROL_LIMIT`,
  // DAY and MONTH_LIMIT_CONTROL are limits of the account. BUSINESS_LIMIT_CONTROL is the limit of a number.
  config: `isv.DAY_LIMIT_CONTROL isv.MONTH_LIMIT_CONTROL isv.AMOUNT_NOT_ENOUGH isv.OUT_OF_SERVICE
    isv.ACCOUNT_NOT_EXISTS isv.ACCOUNT_ABNORMAL isv.PRODUCT_UN_SUBSCRIPT isv.PRODUCT_UNSUBSCRIBE
    isv.DENY_IP_RANGE isv.MOBILE_COUNT_OVER_LIMIT isv.EXTEND_CODE_ERROR isp.RAM_PERMISSION_DENY
    SignatureDoesNotMatch InvalidAccessKeyId.NotFound InvalidAccessKeyId.Inactive InvalidTimeStamp.Expired
    InvalidVersion InvalidAction.NotFound Forbidden Forbidden.RAM`,
})

export const isKnownAliyunCode = (code: string) => classes.has(code) || isThrottling(code)

export function classOfAliyunCode(code: string): OutcomeClass {
  const unlisted = code.startsWith('isv.') ? 'switch_now' : 'ambiguous'
  return classes.get(code) ?? (isThrottling(code) ? 'retry_same' : unlisted)
}

const isThrottling = (code: string) => code.startsWith('Throttling.')
