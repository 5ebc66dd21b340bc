// The siteverify call of Turnstile, hCaptcha and reCAPTCHA, which have one wire format. A token passes once; a repeat
// with the same idempotency key gets the answer of the first call.
import { formOf, isForm } from '../form.ts'
import { NO_DELIVERY_RECEIPTS, type Vendor, type VendorAnswer, type VendorDeps } from '../vendor.ts'
import { readToken, type Token } from './token.ts'

const MAX_TOKEN = 2048
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

type Answered = { idempotencyKey: string; answer: VendorAnswer }

export function createSiteverify({ clock, config }: VendorDeps): Vendor {
  const spent = new Map<string, Answered>()

  function refuseCall(form: URLSearchParams): string | null {
    const secret = form.get('secret') ?? ''
    if (secret === '') return 'missing-input-secret'
    if (secret !== config.CAPTCHA_SECRET) return 'invalid-input-secret'
    if ((form.get('response') ?? '') === '') return 'missing-input-response'
    const key = form.get('idempotency_key')
    return key === null || UUID.test(key) ? null : 'bad-request'
  }

  function judge(token: Token, siteKey: string): VendorAnswer {
    const boundTo = token.parameter('sitekey') ?? siteKey
    if (siteKey !== '' && siteKey !== boundTo) return refuse('sitekey-secret-mismatch')
    const score = token.parameter('score')
    const body = {
      success: true,
      challenge_ts: new Date(clock.now()).toISOString(),
      hostname: token.parameter('hostname') ?? 'localhost',
      action: token.parameter('action') ?? '',
      'error-codes': [],
      ...(score === undefined ? {} : { score: Number(score) }),
    }
    return { status: 200, body }
  }

  return {
    name: 'siteverify',
    ...NO_DELIVERY_RECEIPTS,
    isLookUp: () => false,
    isRefusalCode: (code) => /^[a-z]+(-[a-z]+)+$/.test(code),
    refusal: refuse,
    unreadable: () => refuse('bad-request'),
    reset: () => spent.clear(),

    answer(request) {
      if (!isForm(request)) return refuse('bad-request')
      const form = formOf(request)
      const refusal = refuseCall(form)
      if (refusal !== null) return refuse(refusal)
      const response = form.get('response') ?? ''
      const token = response.length > MAX_TOKEN ? null : readToken(response)
      if (token === null || !token.passes) return refuse('invalid-input-response')
      const fault = token.fault === undefined ? {} : { fault: token.fault }

      const idempotencyKey = form.get('idempotency_key') ?? ''
      const first = spent.get(response)
      if (first !== undefined) {
        const isRepeat = idempotencyKey !== '' && first.idempotencyKey === idempotencyKey
        return { ...(isRepeat ? first.answer : refuse('timeout-or-duplicate')), ...fault }
      }
      const answer = judge(token, form.get('sitekey') ?? '')
      spent.set(response, { idempotencyKey, answer })
      return { ...answer, ...fault }
    },
  }
}

function refuse(code: string): VendorAnswer {
  return { status: 200, body: { success: false, 'error-codes': [code] } }
}
