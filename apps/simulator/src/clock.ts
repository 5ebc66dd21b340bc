// The simulator's clock and the calendar of Shanghai. Vendors read every timestamp and limit from this clock, so a test
// can move to another day without waiting.

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

/** `yyyyMMddHHmmss` in Shanghai, which has had no daylight saving time since 1991. */
export function shanghaiTimestamp(ms: number): string {
  return new Date(ms + SHANGHAI_OFFSET_MS).toISOString().replaceAll(/\D/g, '').slice(0, 14)
}

/** `yyyy-MM-dd HH:mm:ss` in Shanghai. */
export function shanghaiDateTime(ms: number): string {
  return new Date(ms + SHANGHAI_OFFSET_MS).toISOString().replace('T', ' ').slice(0, 19)
}

export function shanghaiDay(ms: number): string {
  return shanghaiTimestamp(ms).slice(0, 8)
}

/** Parses `yyyyMMddHHmmss` in Shanghai time. Returns milliseconds since the epoch, or null for an invalid date. */
export function parseShanghaiTimestamp(text: string): number | null {
  const parts = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text)
  if (parts === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number)
  const ms = Date.UTC(year, month - 1, day, hour, minute, second) - SHANGHAI_OFFSET_MS
  // Date.UTC turns 31 February into a day of March, so only a date that formats back to the same text is valid.
  return shanghaiTimestamp(ms) === text ? ms : null
}
