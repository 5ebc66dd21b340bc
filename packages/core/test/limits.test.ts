import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { createLimits } from '../src/limits.ts'
import { parseWindows } from '../src/windows.ts'
import { startStore } from './store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

describe('a limit', () => {
  it('lets exactly as many of 200 at once through as it has', async () => {
    const limits = createLimits(store.redis)
    const windows = parseWindows('5/60,20/3600')
    const waits = await Promise.all(Array.from({ length: 200 }, () => limits.take('sms:{a}:addr:x', windows)))
    expect(waits.filter((wait) => wait === 0)).toHaveLength(5)
    expect(waits.filter((wait) => wait > 0).every((wait) => wait === 60)).toBe(true)
  })

  it('decides as a recount of everything taken so far would', async () => {
    const limits = createLimits(store.redis)
    const windows = [
      { most: 2, seconds: 10 },
      { most: 4, seconds: 60 },
    ]
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 12 }), async (pauses) => {
        const key = `sms:{p${++run}}:addr:x`
        let clock = 0
        const taken: number[] = []
        for (const pause of pauses) {
          // Just past the edge of a window, because a call takes a moment of its own.
          clock += pause + 0.02
          for (const member of await store.redis.zrange(key, 0, '-1'))
            await store.redis.zincrby(key, -(pause + 0.02) * 1000, member)
          const fits = windows.every(
            ({ most, seconds }) => taken.filter((at) => clock - at < seconds).length < most,
          )
          expect((await limits.take(key, windows)) === 0).toBe(fits)
          if (fits) taken.push(clock)
        }
      }),
      { numRuns: 60 },
    )
  })
})
