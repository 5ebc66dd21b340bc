// Formats times and durations.

/** A remaining time in seconds; from 100 seconds on as minutes and seconds. */
export function clockOf(seconds, unit) {
  if (seconds < 100) return `${seconds} ${unit}`
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

export function timeOf(ms) {
  return new Date(ms).toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit', hour12: false })
}

/** The time of day with seconds. */
export function clockTimeOf(ms) {
  return new Date(ms).toLocaleTimeString('zh-CN', { hour12: false })
}
