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

/** Reads a counter as counter.lua stores it. Null, for a key that does not exist, has no windows. */
export function parseCounter(stored: Buffer | null) {
  if (stored === null) return { start: 0, windows: [] }
  const windows = Array.from({ length: (stored.length - 8) / 16 }, (_, i) => {
    const [seconds, bucket, current, before] = [8, 12, 16, 20].map((at) => stored.readUInt32BE(16 * i + at))
    return { seconds, bucket: bucket ?? 0, current: current ?? 0, before: before ?? 0 }
  })
  return { start: stored.readDoubleBE(0), windows }
}

/** Estimates the units of each window at the time `now`, as counter.lua does. */
export function unitsOf(stored: Buffer | null, windows: readonly Window[], now: number): number[] {
  const counter = parseCounter(stored)
  return windows.map(({ seconds }, i) => {
    const window = counter.windows[i]
    if (window?.seconds !== seconds) return 0
    const { bucket, current, before } = window
    const [length, age] = [seconds * 1000, now - counter.start]
    const passed = Math.floor(age / length) - bucket
    const left = passed < 0 ? length - 1 : length - 1 - (age % length)
    const share = (units: number) => Math.floor((units * left) / length)
    if (passed > 1) return 0
    return passed === 1 ? share(current) : current + share(before)
  })
}

/**
 * Approximate rate limits in Redis: one small string counts all windows of a limit (counter.lua), whatever the number
 * of its units. All processes share the counts. Every method throws StoreError when Redis does not answer.
 */
export function createCounters(redis: RedisClient) {
  const countScript = createScript(redis, new URL('./lua/count.lua', import.meta.url))
  const giveBackScript = createScript(redis, new URL('./lua/give-back.lua', import.meta.url))

  const read = (key: string): Promise<Buffer | null> => asStoreError('counter', redis.getBuffer(key))

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
      const [stored, now] = await Promise.all([read(key), redisClockMs(redis)])
      const units = unitsOf(stored, windows, Math.floor(now))
      return windows.map((window, i) => {
        const used = units[i] ?? 0
        return { ...window, used, left: Math.max(0, window.most - used) }
      })
    },
  }
}
export type Counters = ReturnType<typeof createCounters>
