/**
 * A random generator whose numbers depend only on the seed and the name. Every purpose has its own name, so
 * that one more number in a campaign does not change the ordinary users.
 */
export function createRandom(seed: number, name: string) {
  // FNV-1a derives the state, and mulberry32 the numbers. Their quality is sufficient for a simulation.
  let state = seed
  for (const byte of Buffer.from(name)) state = Math.imul(state ^ byte, 16_777_619)

  function fraction(): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (count: number): number => Math.floor(fraction() * count)

  return {
    below,
    chance: (percent: number): boolean => fraction() * 100 < percent,
    shuffled<T>(items: readonly T[]): T[] {
      const keyed = items.map((item) => ({ item, at: fraction() }))
      return keyed.toSorted((a, b) => a.at - b.at).map(({ item }) => item)
    },
  }
}
export type Random = ReturnType<typeof createRandom>
