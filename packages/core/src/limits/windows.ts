/** A sliding window: at most `most` entries in any `seconds` seconds. */
export type Window = { most: number; seconds: number }

/** A limit and the key of its count. An empty list of windows means no limit. */
export type Limit = { key: string; windows: readonly Window[] }

/** Parses windows: `1/60,5/3600` is one a minute and five an hour. An empty text has no windows. @throws Error */
export function parseWindows(text: string): Window[] {
  if (text === '') return []
  return text.split(',').map((pair) => {
    const [, most, seconds] = /^([1-9][0-9]{0,6})\/([1-9][0-9]{0,6})$/.exec(pair.trim()) ?? []
    const meaning = 'such as 1/60,5/3600 for one a minute and five an hour'
    if (most === undefined) throw new Error(`must be a comma list of most/seconds, ${meaning}`)
    return { most: Number(most), seconds: Number(seconds) }
  })
}

/** The pairs of (milliseconds, most) that the scripts take. */
export function windowArgs(windows: readonly Window[]): number[] {
  return windows.flatMap(({ most, seconds }) => [seconds * 1000, most])
}
