// The vendor's side of Aliyun Dysmsapi 2017-05-25: who calls, when, and whether for the first time; then the action. It
// takes both schemes of signatures, by GET and POST, with the parameters in the query or in a form.
import type { Clock } from '../../clock.ts'
import { formOf } from '../form.ts'
import type { Outbox } from '../../control/outbox.ts'
import { createRollingLimits } from '../rolling-limits.ts'
import { createSeenIds } from '../seen-ids.ts'
import type { Receipts, Vendor, VendorAnswer, VendorRequest } from '../vendor.ts'
import { aliyunRefusal, missing } from './answers.ts'
import { createQuerySendDetails } from './query-send-details.ts'
import { ALIYUN_LIMITS, createSendSms, type AliyunTemplates } from './send-sms.ts'
import { readRpc, readV3, type Signed } from './signature.ts'

const VERSION = '2017-05-25'
const CLOCK_WINDOW_MS = 15 * 60_000
const NONCE_LIFE_MS = 31 * 60_000

export type AliyunOptions = AliyunTemplates & {
  accessKeyId: string
  accessKeySecret: string
  limits: boolean
}

export function createAliyun(
  deps: { clock: Clock; outbox: Outbox; receipts: Receipts },
  options: AliyunOptions,
): Vendor {
  const { clock, outbox, receipts } = deps
  const nonces = createSeenIds({ lifeMs: NONCE_LIFE_MS })
  const limits = createRollingLimits(ALIYUN_LIMITS, { enforced: options.limits })
  const sendSms = createSendSms({ limits }, options)
  const querySendDetails = createQuerySendDetails({ outbox })

  function whatIsWrong(signed: Signed, now: number): VendorAnswer | null {
    const { accessKeyId, timestamp, nonce } = signed
    if (accessKeyId === null) return missing('AccessKeyId')
    if (timestamp === null) return missing('Timestamp')
    if (nonce === null || nonce === '') return missing('SignatureNonce')
    if (accessKeyId !== options.accessKeyId) return aliyunRefusal('InvalidAccessKeyId.NotFound')
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(timestamp) || Number.isNaN(Date.parse(timestamp)))
      return aliyunRefusal('InvalidTimeStamp.Format')
    if (Math.abs(now - Date.parse(timestamp)) > CLOCK_WINDOW_MS)
      return aliyunRefusal('InvalidTimeStamp.Expired')
    if (!signed.isSignedWith(options.accessKeySecret)) return aliyunRefusal('SignatureDoesNotMatch')
    if (nonces.has(nonce, now)) return aliyunRefusal('SignatureNonceUsed')
    nonces.enter(nonce, now)
    return null
  }

  return {
    name: 'aliyun',
    receipts,
    isLookUp: (request) => readSigned(request).action === 'QuerySendDetails',
    isRefusalCode: (code) => /^(is[vp]\.[A-Z_]+|[A-Z][A-Za-z]+(\.[A-Za-z]+)*)$/.test(code) && code !== 'OK',
    refusal: (code) => aliyunRefusal(code),
    unreadable: () => aliyunRefusal('InvalidParameter'),
    reset() {
      nonces.reset()
      limits.reset()
    },

    answer(request) {
      const now = clock.now()
      const signed = readSigned(request)
      const wrong = whatIsWrong(signed, now)
      if (wrong !== null) return wrong
      if (signed.version !== VERSION) return aliyunRefusal('InvalidVersion')
      if (signed.action === 'SendSms') return sendSms(paramsOf(request), now)
      if (signed.action === 'QuerySendDetails') return querySendDetails(paramsOf(request), now)
      return aliyunRefusal('InvalidAction.NotFound')
    },
  }
}

function readSigned(request: VendorRequest): Signed {
  return request.headers['x-acs-action'] === undefined
    ? readRpc(request.method, paramsOf(request))
    : readV3(request)
}

function paramsOf(request: VendorRequest): Map<string, string> {
  // Later entries win in a Map, so what was named first is entered last.
  return new Map([...request.query, ...formOf(request)].toReversed())
}
