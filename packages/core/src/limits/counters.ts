import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { redisClockMs } from '../redis/clock-skew.ts'
import { keys } from '../redis/keys.ts'
import { createScript } from '../redis/script.ts'
import type { Limit, Window } from './windows.ts'

/** `at`: the time of the units, ms by the clock of Redis. `limit`: the index of the first limit that is full. */
type Taken = { kind: 'taken'; at: number } | { kind: 'full'; limit: number; retryAfter: number }

/**
 * The budget costs money, so its windows are divided finely: it admits at most its maximum in 11/12 of a window, and
 * refuses at most 1/12 of a window longer than an exact limit.
 */
const partsOf = (key: string) => (key === keys.budget ? 12 : 1)

/** A limit as the scripts take it: its parts, and its windows as a list of (most, seconds). */
export const limitArg = ({ key, windows }: Limit) => ({
  parts: partsOf(key),
  windows: windows.flatMap(({ most, seconds }) => [most, seconds]),
})

const HEAD_BYTES = 11

/**
 * Reads a counter as counter.lua stores it. `units` has those of the current bucket first. Null, for a key that does not
 * exist, has no windows.
 */
export function parseCounter(stored: Buffer | null, parts = 1) {
  const width = 7 + 4 * parts
  const count = stored === null ? 0 : (stored.length - HEAD_BYTES) / width
  if (stored === null || !Number.isInteger(count)) return { start: 0, age: 0, windows: [] }
  const windows = Array.from({ length: count }, (_, i) => {
    const from = HEAD_BYTES + width * i
    const units = Array.from({ length: parts + 1 }, (_part, part) => stored.readUInt32BE(from + 3 + 4 * part))
    return { seconds: stored.readUIntBE(from, 3), units }
  })
  return { start: stored.readUIntBE(0, 6), age: stored.readUIntBE(6, 5), windows }
}

/** Estimates the units of each window at the time `now`, as counter.lua does. */
export function unitsOf(stored: Buffer | null, { key, windows }: Limit, now: number): number[] {
  const parts = partsOf(key)
  const counter = parseCounter(stored, parts)
  return windows.map(({ seconds }, i) => {
    const window = counter.windows[i]
    if (window?.seconds !== seconds) return 0
    const [length, age] = [(seconds * 1000) / parts, now - counter.start]
    const passed = Math.floor(age / length) - Math.floor(counter.age / length)
    const left = passed < 0 ? length - 1 : length - 1 - (age % length)
    const moved = Math.max(0, passed)
    const whole = window.units.slice(0, Math.max(0, parts - moved)).reduce((sum, units) => sum + units, 0)
    return whole + Math.floor(((window.units[parts - moved] ?? 0) * left) / length)
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
    async take(limits: readonly Limit[]): Promise<Taken> {
      const names = limits.map(({ key }) => key)
      const { kind, number } = await countScript(names, [JSON.stringify(limits.map(limitArg))])
      if (kind === 'taken') return { kind, at: number('at') }
      return { kind: 'full', limit: number('limit') - 1, retryAfter: Math.ceil(number('wait') / 1000) }
    },

    /** Gives back the units that were taken at the time `at`. The keys must share a hash tag. */
    async giveBack(at: number, names: readonly string[]): Promise<void> {
      await giveBackScript(names, [at, ...names.map(partsOf)])
    },

    /** Reads how many units each window of a limit has and how many are left. */
    async room(limit: Limit): Promise<(Window & { used: number; left: number })[]> {
      const [stored, now] = await Promise.all([read(limit.key), redisClockMs(redis)])
      const units = unitsOf(stored, limit, Math.floor(now))
      return limit.windows.map((window, i) => {
        const used = units[i] ?? 0
        return { ...window, used, left: Math.max(0, window.most - used) }
      })
    },
  }
}
export type Counters = ReturnType<typeof createCounters>
