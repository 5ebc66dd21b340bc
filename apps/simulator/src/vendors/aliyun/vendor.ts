// Aliyun Dysmsapi 2017-05-25: checks the caller, then runs the action. Calls come by GET or POST, with the parameters
// in the query or in a form, and have an RPC signature.
import { formOf } from '../form.ts'
import { createSeenIds } from '../seen-ids.ts'
import type { Vendor, VendorAnswer, VendorDeps, VendorRequest } from '../vendor.ts'
import { aliyunDeliveryReceipts } from './delivery-receipt.ts'
import { createQuerySendDetails } from './query-send-details.ts'
import { aliyunRefusal, missing } from './refusals.ts'
import { createSendSms } from './send-sms.ts'
import { isSigned } from './signature.ts'

const VERSION = '2017-05-25'
const CLOCK_WINDOW_MS = 15 * 60_000
const NONCE_LIFE_MS = 31 * 60_000

export function createAliyun({ clock, outbox, config }: VendorDeps): Vendor {
  const nonces = createSeenIds((at, now) => Math.abs(now - at) < NONCE_LIFE_MS)
  const sendSms = createSendSms(config)
  const querySendDetails = createQuerySendDetails(outbox)

  function refuseCaller(
    method: string,
    params: ReadonlyMap<string, string>,
    now: number,
  ): VendorAnswer | null {
    for (const name of ['AccessKeyId', 'Timestamp', 'SignatureNonce']) {
      if ((params.get(name) ?? '') === '') return missing(name)
    }
    const timestamp = params.get('Timestamp') ?? ''
    const nonce = params.get('SignatureNonce') ?? ''
    if (params.get('AccessKeyId') !== config.ALIYUN_ACCESS_KEY_ID)
      return aliyunRefusal('InvalidAccessKeyId.NotFound')
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(timestamp) || Number.isNaN(Date.parse(timestamp)))
      return aliyunRefusal('InvalidTimeStamp.Format')
    if (Math.abs(now - Date.parse(timestamp)) > CLOCK_WINDOW_MS)
      return aliyunRefusal('InvalidTimeStamp.Expired')
    if (!isSigned(method, params, config.ALIYUN_ACCESS_KEY_SECRET))
      return aliyunRefusal('SignatureDoesNotMatch')
    const wrongToken = refuseToken(params.get('SecurityToken') ?? '')
    if (wrongToken !== null) return wrongToken
    if (nonces.has(nonce, now)) return aliyunRefusal('SignatureNonceUsed')
    nonces.add(nonce, now)
    return null
  }

  /** Every parameter is signed, so a token that reaches this check is as the caller sent it. */
  function refuseToken(token: string): VendorAnswer | null {
    if (token === config.ALIYUN_SECURITY_TOKEN) return null
    return token === ''
      ? missing('SecurityToken')
      : aliyunRefusal('InvalidSecurityToken.MismatchWithAccessKey')
  }

  return {
    name: 'aliyun',
    ...aliyunDeliveryReceipts(config),
    isLookUp: (request) => paramsOf(request).get('Action') === 'QuerySendDetails',
    isRefusalCode: (code) => /^(is[vp]\.[A-Z_]+|[A-Z][A-Za-z]+(\.[A-Za-z]+)*)$/.test(code) && code !== 'OK',
    refusal: (code) => aliyunRefusal(code),
    unreadable: () => aliyunRefusal('InvalidParameter'),
    reset() {
      nonces.reset()
      sendSms.reset()
    },

    answer(request) {
      const now = clock.now()
      const params = paramsOf(request)
      const wrongCaller = refuseCaller(request.method, params, now)
      if (wrongCaller !== null) return wrongCaller
      if (params.get('Version') !== VERSION) return aliyunRefusal('InvalidVersion')
      const action = params.get('Action')
      if (action === 'SendSms') return sendSms.answer(params, now)
      return action === 'QuerySendDetails'
        ? querySendDetails(params, now)
        : aliyunRefusal('InvalidAction.NotFound')
    },
  }
}

function paramsOf(request: VendorRequest): Map<string, string> {
  // The first value of a name counts. In a Map the last entry of a name wins, hence the reversal.
  return new Map([...request.query, ...formOf(request)].toReversed())
}
