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
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text) ?? []
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}+08:00`)
  // Some engines turn 31 February into a day of March, so only a date that formats back to the same text is valid.
  return !Number.isNaN(ms) && shanghaiTimestamp(ms) === text ? ms : null
}
