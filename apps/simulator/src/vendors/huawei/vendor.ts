// Huawei Cloud SMS: checks the caller, then sends the message.
import { HUAWEI } from '../accounts.ts'
import { parseCompactTime } from '../canonical-request.ts'
import { formOf, isForm } from '../form.ts'
import { headerOf } from '../headers.ts'
import type { Vendor, VendorDeps, VendorRequest } from '../vendor.ts'
import { huaweiDeliveryReceipts } from './delivery-receipt.ts'
import { callError, messageId, numberStatus } from './responses.ts'
import { sendSms } from './send-sms.ts'
import { readSdkHmac } from './signature.ts'

const CANONICAL_PATH = '/sms/batchSendSms/v1/'
const CLOCK_WINDOW_MS = 15 * 60_000

export function createHuawei({ clock, config }: VendorDeps): Vendor {
  function refuseCaller(request: VendorRequest, now: number): string | null {
    if (headerOf(request, 'authorization') === '') return 'E000001'
    const date = headerOf(request, 'x-sdk-date')
    if (date === '') return 'E000041'
    const at = parseCompactTime(date)
    if (at === null) return 'E000042'
    if (Math.abs(now - at) > CLOCK_WINDOW_MS) return 'E000044'
    const signature = readSdkHmac(request, CANONICAL_PATH)
    if (signature === null) return 'E000101'
    if (signature.appKey !== HUAWEI.appKey) return 'E000102'
    return signature.isSignedWith(config.HUAWEI_APP_SECRET) ? null : 'E000045'
  }

  return {
    name: 'huawei',
    ...huaweiDeliveryReceipts(config),
    isLookUp: () => false,
    isRefusalCode: (code) => /^E\d{6}$/.test(code),
    refusal: (code, request) => refuse(code, formOf(request), clock.now()),
    unreadable: () => callError('E000000'),
    reset() {},

    answer(request) {
      const now = clock.now()
      const wrongCaller = refuseCaller(request, now)
      if (wrongCaller !== null) return callError(wrongCaller)
      return isForm(request) ? sendSms(formOf(request), now) : callError('E000040')
    },
  }
}

/** Codes that begin with E2 are about the message. */
function refuse(code: string, form: URLSearchParams, now: number) {
  if (!code.startsWith('E2')) return callError(code)
  const [from, to] = [form.get('from') ?? '', form.get('to') ?? '']
  return numberStatus({ from, to, id: messageId(), status: code, now })
}
