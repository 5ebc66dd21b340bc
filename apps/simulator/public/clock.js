// Formats times of day.

export function timeOf(ms) {
  return new Date(ms).toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit', hour12: false })
}

/** The time of day with seconds. */
export function clockTimeOf(ms) {
  return new Date(ms).toLocaleTimeString('zh-CN', { hour12: false })
}
