// Request ids that a vendor accepts once while an earlier use is remembered.

/** `isRemembered` compares the time of the earlier use with the present, both in milliseconds of the simulator's clock. */
export function createSeenIds(isRemembered: (at: number, now: number) => boolean) {
  const seen = new Map<string, number>()
  return {
    has(id: string, now: number): boolean {
      const at = seen.get(id)
      return at !== undefined && isRemembered(at, now)
    },

    add(id: string, now: number) {
      // A Map keeps its entries in order, so the first remembered one ends the cleaning.
      for (const [old, at] of seen) {
        if (isRemembered(at, now)) break
        seen.delete(old)
      }
      seen.set(id, now)
    },

    reset: () => seen.clear(),
  }
}
