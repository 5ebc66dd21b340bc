/** A sliding window: at most `most` entries in any `seconds` seconds. */
export type Window = { most: number; seconds: number }

/** A limit and the key of its count. An empty list of windows means no limit. */
export type Limit = { key: string; windows: readonly Window[] }

/** The pairs of (milliseconds, most) that the scripts take. */
export function windowArgs(windows: readonly Window[]): number[] {
  return windows.flatMap(({ most, seconds }) => [seconds * 1000, most])
}
