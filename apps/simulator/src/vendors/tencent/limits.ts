// Tencent's limits of a number: the same text once in half a minute, ten messages on one calendar day of Shanghai.
import { shanghaiDay } from '../../clock.ts'
import { createRollingLimits } from '../rolling-limits.ts'

const SAME_TEXT_MS = 30_000
const PER_DAY = 10

export function createTencentLimits(options: { enforced: boolean }) {
  const sameText = createRollingLimits(
    [{ windowMs: SAME_TEXT_MS, permits: 1, refusal: 'LimitExceeded.PhoneNumberThirtySecondLimit' }],
    options,
  )
  let day = ''
  const counts = new Map<string, number>()

  function turnToDayOf(now: number) {
    if (shanghaiDay(now) === day) return
    day = shanghaiDay(now)
    counts.clear()
  }

  return {
    refusalOf(number: string, text: string, now: number): string | null {
      turnToDayOf(now)
      const isFull = options.enforced && (counts.get(number) ?? 0) >= PER_DAY
      return (
        sameText.refusalOf(`${number} ${text}`, now) ??
        (isFull ? 'LimitExceeded.PhoneNumberDailyLimit' : null)
      )
    },

    enter(number: string, text: string, now: number) {
      turnToDayOf(now)
      sameText.enter(`${number} ${text}`, now)
      counts.set(number, (counts.get(number) ?? 0) + 1)
    },

    reset() {
      sameText.reset()
      counts.clear()
    },
  }
}
