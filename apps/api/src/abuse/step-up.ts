import type { Window } from '@sms-codes/core/limits/windows'

/** The level decides what an address must answer: a picture of four characters or of five, or a proof of work. */
type StepUpLevel = 'short_picture' | 'long_picture' | 'proof'

type StepUpOptions = {
  mode: 'off' | 'on'
  /** The windows of the limit of attempts. The percentages below refer to `most` of the longest window. */
  attempts: readonly Window[]
  longPicturePercent: number
  proofPercent: number
}

/**
 * Raises the level of an address with its number of attempts. The rate limit already counts the attempts, so the
 * step-up stores no state.
 */
export function createStepUp({ mode, attempts, longPicturePercent, proofPercent }: StepUpOptions) {
  const most = attempts.toSorted((a, b) => b.seconds - a.seconds)[0]?.most ?? Infinity
  const share = (percent: number) => Math.ceil((most * percent) / 100)
  const [shortPictures, withoutProof] = [share(longPicturePercent), share(proofPercent)]

  /** @param attempt how many attempts the address has made in the longest window, this attempt included */
  return function levelOf(attempt: number): StepUpLevel {
    if (mode === 'off' || attempt <= shortPictures) return 'short_picture'
    return attempt > withoutProof ? 'proof' : 'long_picture'
  }
}
