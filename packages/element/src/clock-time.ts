/** The time of day of `ms`, rounded up to a minute, and its day if that is not today. */
export function clockTime(locale: string, ms: number): string {
  const time = new Date(Math.ceil(ms / 60_000) * 60_000)
  const isToday = time.toDateString() === new Date().toDateString()
  const day = isToday ? {} : ({ month: 'short', day: 'numeric' } as const)
  return time.toLocaleString(locale, { ...day, hour: '2-digit', minute: '2-digit' })
}
