import type { Window } from '@sms-codes/core/limits/windows'

type StepUpOptions = {
  isOn: boolean
  /** The windows of the limit of attempts. The percentages below refer to `most` of the longest window. */
  attempts: readonly Window[]
  longPicturePercent: number
  proofPercent: number
}

/**
 * An address with more attempts must answer more: a picture of four characters, then of five, then a proof of work. The
 * rate limit already counts the attempts, so the step-up stores no state.
 */
export function createStepUp({ isOn, attempts, longPicturePercent, proofPercent }: StepUpOptions) {
  const most = attempts.toSorted((a, b) => b.seconds - a.seconds)[0]?.most ?? Infinity
  const never = Number.MAX_SAFE_INTEGER
  const share = (percent: number) => (isOn ? Math.min(never, Math.ceil((most * percent) / 100)) : never)
  const [shortPictures, proofAfter] = [share(longPicturePercent), share(proofPercent)]
  return {
    /** An address with more attempts than this in the longest window, the current one included, needs a proof. */
    proofAfter,
    /** @param attempt the number of the address's next attempt in the longest window */
    pictureLength: (attempt: number): 4 | 5 => (attempt <= Math.min(shortPictures, proofAfter) ? 4 : 5),
  }
}
