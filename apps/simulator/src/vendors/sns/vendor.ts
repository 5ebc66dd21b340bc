// Amazon SNS 2010-03-31 with the query protocol: checks the caller, then runs the action. SNS pushes no delivery receipts.
import { SNS } from '../accounts.ts'
import { parseCompactTime } from '../canonical-request.ts'
import { formOf } from '../form.ts'
import { headerOf } from '../headers.ts'
import { NO_DELIVERY_RECEIPTS, type Vendor, type VendorDeps, type VendorRequest } from '../vendor.ts'
import { publish } from './publish.ts'
import { snsError } from './responses.ts'
import { readSigV4 } from './signature.ts'

const VERSION = '2010-03-31'
const CLOCK_WINDOW_MS = 15 * 60_000
const TOKEN = 'x-amz-security-token'

export function createSns({ clock, config }: VendorDeps): Vendor {
  function refuseCaller(request: VendorRequest, now: number): string | null {
    if (headerOf(request, 'authorization') === '') return 'MissingAuthenticationToken'
    const signature = readSigV4(request)
    const at = parseCompactTime(headerOf(request, 'x-amz-date'))
    if (signature === null || at === null) return 'IncompleteSignature'
    if (signature.keyId !== config.AWS_ACCESS_KEY_ID) return 'InvalidClientTokenId'
    if (Math.abs(now - at) > CLOCK_WINDOW_MS) return 'RequestExpired'
    if (signature.region !== SNS.region || signature.service !== 'sns') return 'SignatureDoesNotMatch'
    if (!signature.isSignedWith(config.AWS_SECRET_ACCESS_KEY)) return 'SignatureDoesNotMatch'
    const token = headerOf(request, TOKEN)
    if (token !== '' && !signature.signedHeaders.includes(TOKEN)) return 'SignatureDoesNotMatch'
    return token === config.AWS_SESSION_TOKEN ? null : 'InvalidClientTokenId'
  }

  return {
    name: 'sns',
    ...NO_DELIVERY_RECEIPTS,
    isLookUp: () => false,
    isRefusalCode: (code) => /^[A-Z][A-Za-z]+$/.test(code),
    refusal: (code) => snsError(code),
    unreadable: () => snsError('InvalidParameter', 'Invalid parameter: the request could not be read'),
    reset() {},

    answer(request) {
      const now = clock.now()
      const wrongCaller = refuseCaller(request, now)
      if (wrongCaller !== null) return snsError(wrongCaller)
      const form = formOf(request)
      return form.get('Action') === 'Publish' && form.get('Version') === VERSION
        ? publish(form, now)
        : snsError('InvalidAction')
    },
  }
}
