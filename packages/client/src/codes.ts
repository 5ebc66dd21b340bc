// The send of a code, its status and its verify.
import type { Call } from './calls.ts'
import { normaliseCode, normaliseMobile } from './normalise.ts'
import { NOTHING, type Memory } from './remembered.ts'
import type { Refusal, RequestStatus, Sent, Verified } from './results.ts'
import { SENT, STATUS, VERIFIED } from './wire.ts'

export type SendRequest = {
  mobile: string
  imageCode?: string | undefined
  /** The result of `solveProof`, or the token of a captcha service. */
  proof?: string | undefined
}

export type VerifyRequest = { code: string; mobile?: string | undefined }

type Deps = {
  call: Call
  memory: Memory
  now: () => number
  scene: string
  locale: () => string | undefined
}

export function createCodes({ call, memory, now, scene, locale }: Deps) {
  const waitOf = (mobile: string, seconds: number) => ({ mobile, seconds, until: now() + seconds * 1_000 })

  async function status(): Promise<RequestStatus | Refusal> {
    const { mobile, requestId } = memory.get()
    const result = await call(`/v1/sms_codes/${requestId}`, STATUS)
    if (!result.ok) return result
    const { status: state, channel, sends, counts, times } = result.answer
    // Another send may have replaced this one, or another number may wait.
    if (!counts && requestId === memory.get().requestId && mobile === memory.get().wait.mobile)
      memory.set({ wait: NOTHING.wait })
    return { ok: true, status: state, channel, sends, counts, times }
  }

  /** Tells an expired code from one that ended otherwise. Without an answer, the clock of the device decides. */
  async function endedBecause({ requestId, expiresAt }: { requestId: string; expiresAt: number }) {
    const ended = await status()
    if (ended.ok ? ended.status === 'expired' : expiresAt <= now()) return 'code_expired'
    if (requestId === memory.get().requestId) memory.set({ hasEnded: true })
    return 'code_ended'
  }

  return {
    status,

    /** @param uuid of the picture that `imageCode` answers */
    async send({ mobile: typed, imageCode, proof }: SendRequest, uuid: string): Promise<Sent | Refusal> {
      const mobile = normaliseMobile(typed)
      // Without an image code, no picture is answered.
      const fields = {
        mobile,
        scene,
        locale: locale(),
        image_code: imageCode,
        uuid: imageCode && uuid,
        proof,
      }
      const result = await call('/v1/sms_codes', SENT, fields)
      if (!result.ok) {
        if (result.reason === 'throttled' && result.retryAfter) {
          const wait = waitOf(mobile, result.retryAfter)
          const isValid = memory.get().expiresAt > now()
          memory.set(isValid ? { wait } : { ...NOTHING, mobile, expiresAt: wait.until, wait })
        }
        return result
      }
      const { request_id: requestId, resend_after: resendAfter, expires_in: expiresIn } = result.answer
      const expiresAt = now() + expiresIn * 1_000
      memory.set({ mobile, requestId, expiresAt, hasEnded: false, wait: waitOf(mobile, resendAfter) })
      return { ok: true, requestId, resendAfter, expiresIn }
    },

    verify: async ({ code, mobile: typed }: VerifyRequest): Promise<Verified | Refusal> => {
      const sent = memory.get()
      const mobile = typed === undefined ? sent.mobile : normaliseMobile(typed)
      const own = (mobile === sent.mobile && sent.requestId) || undefined
      const fields = { mobile, sms_code: normaliseCode(code), scene, request_id: own }
      const result = await call('/v1/sms_codes/verify', VERIFIED, fields)
      if (!result.ok)
        return result.attemptsLeft === 0 ? { ...result, reason: await endedBecause(sent) } : result
      // The number waits on. Another number may have been sent to in the meantime.
      if (mobile === memory.get().mobile) memory.set({ expiresAt: 0 })
      const { receipt, request_id: requestId, assurance } = result.answer
      return { ok: true, mobile, receipt, requestId, assurance }
    },
  }
}
