import type { Window } from '@sms-codes/core/limits/windows'

/** What an address must answer: a picture of four characters, a picture of five, or a proof of work as well. */
type StepUpLevel = 'short_picture' | 'long_picture' | 'proof'

type StepUpOptions = {
  mode: 'off' | 'on'
  /** The limit of attempts of an address. Both percentages are shares of `most` of the longest window. */
  attempts: readonly Window[]
  longPicturePercent: number
  proofPercent: number
}

/**
 * Asks more of an address that tries a lot. The level follows from the number of attempts that the rate limit has
 * counted anyway, so it needs no state of its own.
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
