import type { Policy } from '@sms-codes/core/config/policy-schema'
import type { Caller } from '../abuse/caller.ts'
import type { RateLimits } from '../abuse/rate-limits.ts'
import { Refusal } from '../http/answers.ts'
import type { ApiMetrics } from '../metrics.ts'
import { isWork, type Proofs } from './proofs.ts'
import type { Siteverify } from './siteverify.ts'
import type { Captchas } from './store.ts'

type Kind = Policy['codes']['captcha'][number]

/** What the caller answered: the image code of the picture `uuid`, or a proof, or both. */
export type Answered = Partial<Record<'image_code' | 'uuid' | 'proof', string>>

type Needs = {
  captchas: Pick<Captchas, 'consume'>
  proofs: Pick<Proofs, 'consume'>
  /** Null without a captcha service. */
  siteverify: Siteverify | null
  rateLimits: Pick<RateLimits, 'take'>
  metrics: Pick<ApiMetrics, 'captchas'>
}

const UNAVAILABLE_RETRY_SECONDS = 5

/** @param accepted the kinds of captcha that each scene accepts */
export function createCaptchaCheck(needs: Needs, accepted: Record<string, readonly Kind[]>) {
  const { captchas, proofs, siteverify, rateLimits, metrics } = needs

  /** Without a captcha service, an unreadable proof is a proof of work that is not valid. */
  const kindOf = (proof: string): Kind => (siteverify === null || isWork(proof) ? 'proof' : 'siteverify')

  /** A token counts as an image code before the service is asked, because the call of the service may cost money. */
  async function consumeToken(token: string, scene: string, caller: Caller, service: Siteverify) {
    await rateLimits.take('images', caller)
    return service.consume(token, scene)
  }

  async function consumeProof(proof: string, kind: Kind, scene: string, caller: Caller) {
    const result =
      kind === 'siteverify' && siteverify !== null
        ? await consumeToken(proof, scene, caller, siteverify)
        : await proofs.consume(proof)
    metrics.captchas.inc({ kind, event: result === 'proofGone' ? 'failed' : result })
    if (result !== 'unavailable') return result
    throw new Refusal('busy', { retry_after: UNAVAILABLE_RETRY_SECONDS })
  }

  async function consumePicture(uuid: string, imageCode: string) {
    const result = await captchas.consume(uuid, imageCode)
    metrics.captchas.inc({ kind: 'picture', event: result === 'passed' ? 'passed' : 'failed' })
    return result
  }

  /**
   * Consumes the picture and the proof, even if the request is refused later, so that no caller can test an answer for
   * free. `failed` is the answer to a wrong one.
   * @throws Refusal if the scene does not accept what the caller answered, if the caller has shown too many tokens, or if
   *   the captcha service gives no verdict. Nothing is consumed then, so the picture comes last. StoreError
   */
  return async function check(answered: Answered, scene: string, caller: Caller, isRequired: boolean) {
    const { image_code, uuid, proof } = answered
    const hasImage = image_code !== undefined && uuid !== undefined
    if (!hasImage && proof === undefined && isRequired) throw new Refusal('missing')
    const kind = proof === undefined ? 'picture' : kindOf(proof)
    const isAccepted = (one: Kind) => accepted[scene]?.includes(one) === true
    if ((hasImage && !isAccepted('picture')) || (proof !== undefined && !isAccepted(kind)))
      throw new Refusal('captchaKind')
    const work = proof === undefined ? 'passed' : await consumeProof(proof, kind, scene, caller)
    const picture = hasImage ? await consumePicture(uuid, image_code) : 'passed'
    const failed = [work, picture].find((result) => result !== 'passed') ?? null
    return { failed, hasProof: proof !== undefined }
  }
}
