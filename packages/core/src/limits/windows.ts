/** A sliding window: at most `most` in any `seconds` seconds. */
export type Window = { most: number; seconds: number }

/** `1/60,5/3600` in the environment: one a minute and five an hour. */
export const WINDOWS_PATTERN = '^[1-9][0-9]{0,6}/[1-9][0-9]{0,6}(,[1-9][0-9]{0,6}/[1-9][0-9]{0,6})*$'

export function parseWindows(text: string): Window[] {
  if (text === '') return []
  return text.split(',').map((pair) => {
    const [most = '', seconds = ''] = pair.split('/')
    return { most: Number(most), seconds: Number(seconds) }
  })
}

/** The pairs of (milliseconds, at most) that the scripts take. */
export function windowArgs(windows: readonly Window[]): number[] {
  return windows.flatMap(({ most, seconds }) => [seconds * 1000, most])
}
