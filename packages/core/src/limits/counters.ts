import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { redisClockMs } from '../redis/clock-skew.ts'
import { createScript } from '../redis/script.ts'
import type { Window } from './windows.ts'

/** A limit whose units are counted by a counter. */
export type CountedLimit = { key: string; windows: readonly Window[] }

/** `at`: the time of the units, ms by the clock of Redis. `limit`: the index of the first limit that is full. */
type Taken = { kind: 'taken'; at: number } | { kind: 'full'; limit: number; retryAfter: number }

/** The windows of limits as lists of (most, seconds), which the scripts take as JSON. */
export const windowLists = (limits: readonly (readonly Window[])[]): number[][] =>
  limits.map((windows) => windows.flatMap(({ most, seconds }) => [most, seconds]))

/**
 * Estimates the units of one window at the time `now`, as counter.lua does. `i` is the index of the window.
 * @param text the counter as Redis stores it, or null
 */
export function unitsOf(text: string | null, i: number, { seconds }: Window, now: number): number {
  const [start = now, ...windows] = (text ?? '').split(' ').filter(Boolean).map(Number)
  const [stored, bucket = 0, current = 0, before = 0] = windows.slice(4 * i, 4 * i + 4)
  if (stored !== seconds) return 0
  const length = seconds * 1000
  const passed = Math.floor((now - start) / length) - bucket
  const left = passed < 0 ? length - 1 : length - 1 - ((now - start) % length)
  const share = (units: number) => Math.floor((units * left) / length)
  if (passed > 1) return 0
  return passed === 1 ? share(current) : current + share(before)
}

/**
 * Approximate rate limits in Redis: one small string counts all windows of a limit (counter.lua), whatever the number
 * of its units. All processes share the counts. Every method throws StoreError when Redis does not answer.
 */
export function createCounters(redis: RedisClient) {
  const countScript = createScript(redis, new URL('./lua/count.lua', import.meta.url))
  const giveBackScript = createScript(redis, new URL('./lua/give-back.lua', import.meta.url))

  const read = (key: string): Promise<string | null> => asStoreError('counter', redis.get(key))

  return {
    /** Reads a counter for `unitsOf`. */
    read,

    /** Takes one unit from every limit, or from no limit if one limit is full. The keys must share a hash tag. */
    async take(limits: readonly CountedLimit[]): Promise<Taken> {
      const windows = JSON.stringify(windowLists(limits.map((limit) => limit.windows)))
      const { kind, number } = await countScript(
        limits.map(({ key }) => key),
        [windows],
      )
      if (kind === 'taken') return { kind, at: number('at') }
      return { kind: 'full', limit: number('counter') - 1, retryAfter: Math.ceil(number('wait') / 1000) }
    },

    /** Gives back the units that were taken at the time `at`. The keys must share a hash tag. */
    async giveBack(at: number, keys: readonly string[]): Promise<void> {
      await giveBackScript(keys, [at])
    },

    /** Reads how many units each window of a limit has and how many are left. */
    async room({ key, windows }: CountedLimit): Promise<(Window & { used: number; left: number })[]> {
      const [text, now] = await Promise.all([read(key), redisClockMs(redis)])
      return windows.map((window, i) => {
        const used = unitsOf(text, i, window, Math.floor(now))
        return { ...window, used, left: Math.max(0, window.most - used) }
      })
    },
  }
}
export type Counters = ReturnType<typeof createCounters>
