// Ids that must not come twice within a time. Read from the simulator's clock, so that a test can outlive them.

export function createSeenIds(options: { lifeMs: number }) {
  const seen = new Map<string, number>()
  return {
    has(id: string, now: number): boolean {
      const at = seen.get(id)
      return at !== undefined && Math.abs(now - at) < options.lifeMs
    },

    enter(id: string, now: number) {
      // Oldest first, as a Map keeps them; the first that still lives ends the sweep.
      for (const [old, at] of seen) {
        if (Math.abs(now - at) < options.lifeMs) break
        seen.delete(old)
      }
      seen.set(id, now)
    },

    reset: () => seen.clear(),
  }
}
