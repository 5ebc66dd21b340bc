// Formats the local time of China, which is UTC+8 all year. The time zone of this process has no effect.

/** The local time, as yyyyMMddHHmmss. */
export const chinaClock = (at: Date) =>
  new Date(at.getTime() + 8 * 3600_000).toISOString().replace(/\D/g, '').slice(0, 14)

/** The calendar day, as yyyyMMdd. */
export const chinaDay = (at: Date) => chinaClock(at).slice(0, 8)
