// The simulator's own clock and the vendor's calendar. Every timestamp, day and limit here is read from this clock,
// so that a test can move to another day without waiting for it.

const SHANGHAI_OFFSET_MS = 8 * 3_600_000

export type Clock = ReturnType<typeof createClock>

export function createClock() {
  let offsetMs = 0
  return {
    now: () => Date.now() + offsetMs,
    offsetMs: () => offsetMs,
    advance(ms: number) {
      offsetMs += ms
    },
    reset() {
      offsetMs = 0
    },
  }
}

/** `yyyyMMddHHmmss` on the wall clock of Shanghai, which has had no summer time since 1991. */
export function shanghaiTimestamp(ms: number): string {
  return new Date(ms + SHANGHAI_OFFSET_MS).toISOString().replaceAll(/\D/g, '').slice(0, 14)
}

/** The same as people write it: `yyyy-MM-dd HH:mm:ss`. */
export function shanghaiDateTime(ms: number): string {
  return new Date(ms + SHANGHAI_OFFSET_MS).toISOString().replace('T', ' ').slice(0, 19)
}

export function shanghaiDay(ms: number): string {
  return shanghaiTimestamp(ms).slice(0, 8)
}

/** The instant of a `yyyyMMddHHmmss` of Shanghai, or null when the text is no such date. */
export function parseShanghaiTimestamp(text: string): number | null {
  const parts = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text)
  if (parts === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number)
  const ms = Date.UTC(year, month - 1, day, hour, minute, second) - SHANGHAI_OFFSET_MS
  // Date.UTC rolls 31 February over into March; a date that does not come back the same never was one.
  return shanghaiTimestamp(ms) === text ? ms : null
}
