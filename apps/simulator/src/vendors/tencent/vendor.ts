// Tencent Cloud SMS 2021-01-11: checks the caller, then runs the action.
import { headerOf } from '../headers.ts'
import { isJson, parseObject } from '../json.ts'
import type { Vendor, VendorAnswer, VendorDeps, VendorRequest } from '../vendor.ts'
import { tencentDeliveryReceipts } from './delivery-receipt.ts'
import { createDescribeSendRecordList } from './describe-send-record-list.ts'
import { callError, sendStatus } from './responses.ts'
import { createSendSms } from './send-sms.ts'
import { readTc3 } from './signature.ts'

const VERSION = '2021-01-11'
const CLOCK_WINDOW_MS = 5 * 60_000

export function createTencent({ clock, outbox, config }: VendorDeps): Vendor {
  const sendSms = createSendSms(config)
  const describeSendRecordList = createDescribeSendRecordList(outbox)

  function refuseCaller(request: VendorRequest, now: number): VendorAnswer | null {
    const tc3 = readTc3(request)
    if (tc3 === null) return callError('AuthFailure.InvalidAuthorization')
    if (tc3.secretId !== config.TENCENT_SECRET_ID) return callError('AuthFailure.SecretIdNotFound')
    const timestamp = headerOf(request, 'x-tc-timestamp')
    if (!/^\d{1,11}$/.test(timestamp)) return missing('Timestamp')
    if (Math.abs(now - Number(timestamp) * 1000) > CLOCK_WINDOW_MS)
      return callError('AuthFailure.SignatureExpire')
    if (!tc3.isSignedWith(config.TENCENT_SECRET_KEY)) return callError('AuthFailure.SignatureFailure')
    if (headerOf(request, 'x-tc-version') !== VERSION) return callError('NoSuchVersion')
    const region = headerOf(request, 'x-tc-region')
    if (region === '') return missing('Region')
    return /^[a-z]+-[a-z]+(-\d)?$/.test(region) ? null : callError('UnsupportedRegion')
  }

  return {
    name: 'tencent',
    ...tencentDeliveryReceipts(config),
    isLookUp: (request) => headerOf(request, 'x-tc-action') === 'DescribeSendRecordList',
    isRefusalCode: (code) => /^[A-Z][A-Za-z]+(\.[A-Za-z]+)?$/.test(code) && code !== 'Ok',
    refusal: refuse,
    unreadable: () => callError('RequestSizeLimitExceeded'),
    reset: () => sendSms.reset(),

    answer(request) {
      const now = clock.now()
      const wrongCaller = refuseCaller(request, now)
      if (wrongCaller !== null) return wrongCaller
      const fields = isJson(request.headers['content-type']) ? parseObject(request.body) : null
      if (fields === null) return callError('FailedOperation.JsonParseFail')
      const action = headerOf(request, 'x-tc-action')
      if (action === 'SendSms') return sendSms.answer(fields, now)
      return action === 'DescribeSendRecordList'
        ? describeSendRecordList(fields, now)
        : callError('InvalidAction')
    },
  }
}

// Codes about the message or its number. All other codes are about the call.
const NUMBER_CODE = /^(FailedOperation|InvalidParameterValue|LimitExceeded|UnsupportedOperation)\./

function refuse(code: string, request: VendorRequest): VendorAnswer {
  const { PhoneNumberSet: numbers, SessionContext: context } = parseObject(request.body) ?? {}
  if (!NUMBER_CODE.test(code) || !Array.isArray(numbers)) return callError(code)
  const sessionContext = typeof context === 'string' ? context : ''
  return sendStatus({ number: String(numbers[0]), sessionContext, code })
}

function missing(name: string): VendorAnswer {
  return callError('MissingParameter', `The request is missing the common parameter \`X-TC-${name}\`.`)
}
