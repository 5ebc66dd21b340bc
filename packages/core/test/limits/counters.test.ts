import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { createCounters, limitArg, parseCounter, unitsOf } from '../../src/limits/counters.ts'
import type { Limit } from '../../src/limits/windows.ts'
import { keys } from '../../src/redis/keys.ts'
import { createScript } from '../../src/redis/script.ts'
import { ageCounter } from '../age.ts'
import { leftOf } from '../left-of.ts'
import { parseWindows } from '../parse-windows.ts'
import { startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

let run = 0
const newKey = () => keys.gate('address', `address-${++run}`)
const START = 1_700_000_000_000

const someWindow = fc.record({ most: fc.integer({ min: 1, max: 8 }), seconds: fc.constantFrom(60, 90, 600) })
/** Pauses in ms: bursts, and pauses of any length up to two of the longest windows. */
const somePauses = fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.nat(30_000), fc.nat(1_300_000)), {
  minLength: 1,
  maxLength: 25,
})

describe('a counter', () => {
  it.each([
    { what: 'of an address', parts: 1 },
    { what: 'of the budget', parts: 12 },
  ])(
    '$what with $parts parts admits at most its maximum in all parts but one and twice in a window, and refuses at most one part longer than an exact limit',
    async ({ parts }) => {
      const script = createScript(store.redis, new URL('./take-at.lua', import.meta.url))
      const takeAt = (to: string, { key, windows }: Limit, at: number) =>
        script([to], [JSON.stringify(limitArg({ key, windows })), at])
      await fc.assert(
        fc.asyncProperty(
          fc.array(someWindow, { minLength: 1, maxLength: 3 }),
          somePauses,
          async (windows, pauses) => {
            const key = parts === 1 ? newKey() : keys.budget
            await store.redis.del(key)
            const limit = { key, windows }
            const admitted: number[] = []
            let now = START
            for (const pause of pauses) {
              now += pause
              const within = (ms: number) => admitted.filter((at) => at > now - ms).length
              const stored = await store.redis.getBuffer(key)
              const { kind, number, rows } = await takeAt(key, limit, now)
              // The process estimates what the script estimates.
              expect(rows.map((row) => row.number('used'))).toEqual(unitsOf(stored, limit, now))
              if (kind === 'taken') admitted.push(now)
              for (const { most, seconds } of windows) {
                expect(within(seconds * 1000)).toBeLessThanOrEqual(2 * most)
                expect(within((seconds * 1000 * (parts - 1)) / parts)).toBeLessThanOrEqual(most)
              }
              if (kind === 'taken') continue
              const longer = 1 + 1 / parts
              expect(windows.some(({ most, seconds }) => within(longer * seconds * 1000) >= most)).toBe(true)
              const wait = number('wait')
              // An exact limit has room when the entry `most` back leaves the window.
              const exact = windows.map(
                ({ most, seconds }) => (admitted.at(-most) ?? -Infinity) + seconds * 1000,
              )
              const latest = Math.max(
                ...windows.map(({ seconds }, i) => (exact[i] ?? 0) + (seconds * 1000) / parts),
              )
              expect(now + wait).toBeLessThanOrEqual(latest)
              for (const [later, answer] of [
                [wait - 1, 'full'],
                [wait, 'taken'],
              ] as const) {
                await store.redis.copy(key, 'copy', 'REPLACE')
                expect((await takeAt('copy', limit, now + later)).kind).toBe(answer)
              }
            }
          },
        ),
        { numRuns: 100 },
      )
    },
  )

  it('can admit twice its maximum in a window, and no more', async () => {
    const counters = createCounters(store.redis)
    const limit = { key: newKey(), windows: parseWindows('10/600') }
    const takeAll = async () => {
      const answers = await Promise.all(Array.from({ length: 30 }, () => counters.take([limit])))
      return answers.filter(({ kind }) => kind === 'taken').length
    }
    expect((await counters.take([limit])).kind).toBe('taken')
    await ageCounter(store.redis, limit.key, 590)
    expect(await takeAll()).toBe(9)
    await ageCounter(store.redis, limit.key, 600)
    expect(await takeAll()).toBe(10)
  })

  it('admits exactly its maximum of 200 concurrent requests, and the wait ends with the window of the first', async () => {
    const counters = createCounters(store.redis)
    const limit = { key: newKey(), windows: parseWindows('5/60,20/3600') }
    const answers = await Promise.all(Array.from({ length: 200 }, () => counters.take([limit])))
    expect(answers.filter(({ kind }) => kind === 'taken')).toHaveLength(5)
    const full = answers.filter(({ kind }) => kind === 'full')
    for (const answer of full) expect(answer).toMatchObject({ retryAfter: leftOf(60) })
    await ageCounter(store.redis, limit.key, 60)
    expect((await counters.take([limit])).kind).toBe('taken')
  })

  it('takes from all of several limits or from none', async () => {
    const counters = createCounters(store.redis)
    const [wide, narrow] = [
      { key: newKey(), windows: parseWindows('10/60') },
      { key: newKey(), windows: parseWindows('3/60') },
    ]
    const answers = await Promise.all(Array.from({ length: 50 }, () => counters.take([wide, narrow])))
    expect(answers.filter(({ kind }) => kind === 'taken')).toHaveLength(3)
    expect(answers.find(({ kind }) => kind === 'full')).toEqual({
      kind: 'full',
      limit: 1,
      retryAfter: leftOf(60),
    })
    const used = async () =>
      (await Promise.all([wide, narrow].map((limit) => counters.room(limit)))).map(([one]) => one?.used)
    expect(await used()).toEqual([3, 3])
    const [first] = answers
    await counters.giveBack(first?.kind === 'taken' ? first.at : 0, [narrow.key])
    expect(await used()).toEqual([3, 2])
    expect(await counters.room(wide)).toEqual([{ most: 10, seconds: 60, used: 3, left: 7 }])
  })

  it('gets a unit back in the bucket that counted it, and not after both buckets have left it behind', async () => {
    const counters = createCounters(store.redis)
    const limit = { key: newKey(), windows: parseWindows('10/60,10/3600') }
    const taken = [await counters.take([limit]), await counters.take([limit])]
    const used = async () => (await counters.room(limit)).map((window) => window.used)
    const giveBack = async (seconds: number) => {
      const [one] = taken
      await counters.giveBack(one?.kind === 'taken' ? one.at - seconds * 1000 : 0, [limit.key, newKey()])
    }
    await ageCounter(store.redis, limit.key, 61)
    expect(await used()).toEqual([1, 2])
    await giveBack(61)
    expect(await used()).toEqual([0, 1])
    await counters.take([limit])
    await ageCounter(store.redis, limit.key, 60)
    await counters.take([limit])
    // The third unit is in the bucket before, and the fourth in the current one. The first two are in none.
    await giveBack(121)
    expect(parseCounter(await store.redis.getBuffer(limit.key)).windows).toEqual([
      { seconds: 60, units: [1, 1] },
      { seconds: 3_600, units: [2, 0] },
    ])
    expect(await store.redis.pttl(limit.key)).toBeGreaterThan(3_590_000)
  })

  it('is one string that does not grow with its units, and expires when no window has a unit', async () => {
    const counters = createCounters(store.redis)
    const limit = { key: newKey(), windows: parseWindows('1000/60,5000/3600') }
    await counters.take([limit])
    const first = Number(await store.redis.memory('USAGE', limit.key))
    for (let i = 0; i < 300; i++) await counters.take([limit])
    expect(Number(await store.redis.memory('USAGE', limit.key)) - first).toBeLessThan(32)
    expect(Math.ceil((await store.redis.pttl(limit.key)) / 60_000)).toBe(60)
  })

  it('counts a window whose length changed from 0, and the others on', async () => {
    const counters = createCounters(store.redis)
    const key = newKey()
    for (let i = 0; i < 3; i++) await counters.take([{ key, windows: parseWindows('10/60,10/3600') }])
    const changed = { key, windows: parseWindows('10/60,10/7200') }
    expect((await counters.room(changed)).map(({ used }) => used)).toEqual([3, 0])
    await counters.take([changed])
    expect((await counters.room(changed)).map(({ used }) => used)).toEqual([4, 1])
  })
})
