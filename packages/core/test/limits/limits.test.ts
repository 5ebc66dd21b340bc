import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { createLimits } from '../../src/limits/limits.ts'
import { keys } from '../../src/redis/keys.ts'
import { ageTimes } from '../age.ts'
import { leftOf } from '../left-of.ts'
import { parseWindows } from '../parse-windows.ts'
import { startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

describe('a limit', () => {
  it('admits exactly its maximum of 200 concurrent requests', async () => {
    const limits = createLimits(store.redis)
    const windows = parseWindows('5/60,20/3600')
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => limits.take({ key: keys.rate('a'), windows })),
    )
    expect(answers.filter(({ kind }) => kind === 'taken')).toHaveLength(5)
    const full = answers.filter(({ kind }) => kind === 'full')
    for (const answer of full) expect(answer).toMatchObject({ retryAfter: leftOf(60) })
  })

  let run = 0
  it.each([
    ['rising', '2/100,4/600,6/1200'],
    ['falling', '6/1200,4/600,2/100'],
    ['mixed', '4/600,6/1200,2/100'],
  ])(
    'in %s order of windows admits and reports what a recount of all taken entries leaves',
    async (_order, text) => {
      const limits = createLimits(store.redis)
      const windows = parseWindows(text)
      // Windows and pauses are multiples of 100 s and 10 s, so the time that the calls take never decides.
      const pause = fc.integer({ min: 0, max: 30 }).map((tens) => 10 * tens)
      await fc.assert(
        fc.asyncProperty(fc.array(pause, { maxLength: 12 }), async (pauses) => {
          const key = keys.rate(String(++run))
          let clock = 0
          const taken: number[] = []
          for (const passed of pauses) {
            // Just past the edge of a window, because a call takes some milliseconds.
            clock += passed + 0.02
            await ageTimes(store.redis, [key], passed + 0.02)
            const fits = windows.every(
              ({ most, seconds }) => taken.filter((at) => clock - at < seconds).length < most,
            )
            const used = windows.map(({ seconds }) => taken.filter((at) => clock - at < seconds).length)
            const room = await limits.room({ key, windows })
            expect(room.windows).toEqual(
              windows.map((window, i) => ({
                ...window,
                used: used[i] ?? 0,
                left: window.most - (used[i] ?? 0),
              })),
            )
            const answer = await limits.take({ key, windows })
            expect(answer.kind === 'taken').toBe(fits)
            const waited = answer.kind === 'taken' ? 0 : answer.retryAfter
            expect(Math.abs(room.retryAfter - waited)).toBeLessThanOrEqual(answer.kind === 'taken' ? 0 : 5)
            // The wait ends when the last of the full windows has room.
            const waits = windows.map(({ most, seconds }) => (taken.at(-most) ?? -Infinity) + seconds - clock)
            expect(Math.abs(room.retryAfter - Math.max(0, ...waits))).toBeLessThanOrEqual(5)
            if (fits) taken.push(clock)
          }
        }),
        { numRuns: 60 },
      )
    },
  )

  it.each(['2/10,4/60', '4/60,2/10'])(
    'of %s keeps its entries, and its key, for the longest window',
    async (text) => {
      const limits = createLimits(store.redis)
      const limit = { key: keys.rate(text), windows: parseWindows(text) }
      await store.redis.zadd(limit.key, Date.now() - 61_000, 'old', Date.now() - 50_000, 'kept')
      await limits.take(limit)
      expect(await store.redis.zrange(limit.key, 0, '-1')).toEqual(['kept', expect.any(String)])
      const lifeMs = await store.redis.pttl(limit.key)
      expect(lifeMs).toBeGreaterThan(55_000)
      expect(lifeMs).toBeLessThanOrEqual(60_000)
    },
  )
})
