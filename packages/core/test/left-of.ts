import { expect } from 'vitest'

/** Matches a remaining time from `seconds - 8` to `seconds`. The test itself takes a few seconds on a busy machine. */
export const leftOf = (seconds: number): unknown => expect.closeTo(seconds - 4, -1)
