// The vendor's side of Tencent Cloud SMS 2021-01-11: who calls, and when; then the action.
import type { Clock } from '../../clock.ts'
import { isJson, parseObject } from '../json.ts'
import type { Outbox } from '../../control/outbox.ts'
import type { Receipts, Vendor, VendorAnswer, VendorRequest } from '../vendor.ts'
import { callError, sendStatuses } from './answers.ts'
import { createDescribeSendRecordList } from './describe-send-record-list.ts'
import { createTencentLimits } from './limits.ts'
import { createSendSms, type TencentAccount } from './send-sms.ts'
import { headerOf, readTc3 } from './signature.ts'

const VERSION = '2021-01-11'
const CLOCK_WINDOW_MS = 5 * 60_000

export type TencentOptions = TencentAccount & { secretId: string; secretKey: string; limits: boolean }

export function createTencent(
  deps: { clock: Clock; outbox: Outbox; receipts: Receipts },
  options: TencentOptions,
): Vendor {
  const { clock, outbox, receipts } = deps
  const limits = createTencentLimits({ enforced: options.limits })
  const sendSms = createSendSms({ limits }, options)
  const describeSendRecordList = createDescribeSendRecordList({ outbox }, options)

  function whatIsWrong(request: VendorRequest, now: number): VendorAnswer | null {
    const tc3 = readTc3(request)
    if (tc3 === null) return callError('AuthFailure.InvalidAuthorization')
    if (tc3.secretId !== options.secretId) return callError('AuthFailure.SecretIdNotFound')
    const timestamp = headerOf(request, 'x-tc-timestamp')
    if (!/^\d{1,11}$/.test(timestamp)) return missing('Timestamp')
    if (Math.abs(now - Number(timestamp) * 1000) > CLOCK_WINDOW_MS)
      return callError('AuthFailure.SignatureExpire')
    if (!tc3.isSignedWith(options.secretKey)) return callError('AuthFailure.SignatureFailure')
    if (headerOf(request, 'x-tc-version') !== VERSION) return callError('NoSuchVersion')
    const region = headerOf(request, 'x-tc-region')
    if (region === '') return missing('Region')
    return /^[a-z]+-[a-z]+(-\d)?$/.test(region) ? null : callError('UnsupportedRegion')
  }

  return {
    name: 'tencent',
    receipts,
    isLookUp: (request) => headerOf(request, 'x-tc-action') === 'DescribeSendRecordList',
    isRefusalCode: (code) => /^[A-Z][A-Za-z]+(\.[A-Za-z]+)?$/.test(code) && code !== 'Ok',
    refusal: refuse,
    unreadable: () => callError('RequestSizeLimitExceeded'),
    reset: () => limits.reset(),

    answer(request) {
      const now = clock.now()
      const wrong = whatIsWrong(request, now)
      if (wrong !== null) return wrong
      const fields = isJson(request.headers['content-type']) ? parseObject(request.body) : null
      if (fields === null) return callError('FailedOperation.JsonParseFail')
      const action = headerOf(request, 'x-tc-action')
      if (action === 'SendSms') return sendSms(fields, now)
      return action === 'DescribeSendRecordList'
        ? describeSendRecordList(fields, now)
        : callError('InvalidAction')
    },
  }
}

// Codes about the message or its number; all others are about the call.
const OF_NUMBER = /^(FailedOperation|InvalidParameterValue|LimitExceeded|UnsupportedOperation)\./

function refuse(code: string, request: VendorRequest): VendorAnswer {
  const { PhoneNumberSet: numbers, SessionContext: context } = parseObject(request.body) ?? {}
  if (!OF_NUMBER.test(code) || !Array.isArray(numbers)) return callError(code)
  const sessionContext = typeof context === 'string' ? context : ''
  return sendStatuses(numbers.map((number) => ({ number: String(number), sessionContext, code })))
}

function missing(name: string): VendorAnswer {
  return callError('MissingParameter', `The request is missing the common parameter \`X-TC-${name}\`.`)
}
