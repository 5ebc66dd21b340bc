import type { Window } from '@sms-codes/core/limits/windows'

/** `warm`: pictures of five characters. `hot`: a picture alone is not enough. */
export type Heat = 'calm' | 'warm' | 'hot'

export type HeatOptions = {
  mode: 'off' | 'on'
  /** How many answers an address may give, right or wrong. */
  attempts: readonly Window[]
  /** Shares of that, in percent. Who may give more becomes hot later. */
  warmPercent: number
  hotPercent: number
}

/** How much an address tries, by what the limiter of its answers has counted: nothing is kept for it. */
export function createHeat({ mode, attempts, warmPercent, hotPercent }: HeatOptions) {
  const most = attempts.toSorted((a, b) => b.seconds - a.seconds)[0]?.most ?? Infinity
  const share = (percent: number) => Math.ceil((most * percent) / 100)
  const [warm, hot] = [share(warmPercent), share(hotPercent)]

  /** @param nth the answer that is given now, or will be: which one it is of this address */
  return function heatOf(nth: number): Heat {
    if (mode === 'off' || nth <= warm) return 'calm'
    return nth > hot ? 'hot' : 'warm'
  }
}
export type HeatOf = ReturnType<typeof createHeat>
