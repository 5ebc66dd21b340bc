import type { Window } from '../src/limits/windows.ts'

/** Windows as text: `1/60,5/3600` is one a minute and five an hour. */
export const parseWindows = (text: string): Window[] =>
  text.split(',').map((pair) => {
    const [most, seconds] = pair.split('/').map(Number)
    if (most === undefined || seconds === undefined) throw new Error(`not a window: ${pair}`)
    return { most, seconds }
  })
