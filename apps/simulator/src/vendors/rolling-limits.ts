// Limits over rolling windows: how many messages a key may have had in the last minute, hour or day.

export type RollingLimit = { windowMs: number; permits: number; refusal: string }

/** The first limit in the list that a key has reached decides what its refusal says. */
export function createRollingLimits(limits: readonly RollingLimit[], options: { enforced: boolean }) {
  const longestMs = Math.max(...limits.map(({ windowMs }) => windowMs))
  const entered = new Map<string, number[]>()

  // A clock that was set back must not leave a key locked until the old time comes round again.
  const since = (key: string, now: number, windowMs: number) =>
    (entered.get(key) ?? []).filter((at) => at <= now && now - at < windowMs)

  return {
    refusalOf(key: string, now: number): string | null {
      if (!options.enforced) return null
      const reached = limits.find(({ windowMs, permits }) => since(key, now, windowMs).length >= permits)
      return reached?.refusal ?? null
    },

    enter(key: string, now: number) {
      entered.set(key, [...since(key, now, longestMs), now])
    },

    reset: () => entered.clear(),
  }
}
