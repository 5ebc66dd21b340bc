import type { Policy } from '@sms-codes/core/config/policy-schema'
import type { Window } from '@sms-codes/core/limits/windows'

/**
 * An address with more attempts must answer more: a picture of four characters, then of five, then a proof of work. The
 * rate limit already counts the attempts, so the step-up stores no state.
 * @param attempts the limit of attempts; the percentages refer to its longest window
 */
export function createStepUp(policy: Policy['step_up'], attempts: readonly Window[]) {
  const most = attempts.toSorted((a, b) => b.seconds - a.seconds)[0]?.most ?? Infinity
  const never = Number.MAX_SAFE_INTEGER
  const share = (percent: number) =>
    policy.enabled ? Math.min(never, Math.ceil((most * percent) / 100)) : never
  const [shortPictures, proofAfter] = [share(policy.long_picture_percent), share(policy.proof_percent)]
  return {
    /** An address with more attempts than this in the longest window, the current one included, needs a proof. */
    proofAfter,
    /** @param attempt the number of the address's next attempt in the longest window */
    pictureLength: (attempt: number): 4 | 5 => (attempt <= Math.min(shortPictures, proofAfter) ? 4 : 5),
  }
}
