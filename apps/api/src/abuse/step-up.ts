import type { Window } from '@sms-codes/core/limits/windows'

/** The level decides what an address must answer: a picture of four characters or of five, or a proof of work. */
type StepUpLevel = 'short_picture' | 'long_picture' | 'proof'

type StepUpOptions = {
  mode: 'off' | 'on'
  /** The limit of attempts of an address. Both percentages refer to `most` of its longest window. */
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

  /** @param attempt the ordinal of this attempt of the address, from 1 */
  return function levelOf(attempt: number): StepUpLevel {
    if (mode === 'off' || attempt <= shortPictures) return 'short_picture'
    return attempt > withoutProof ? 'proof' : 'long_picture'
  }
}
