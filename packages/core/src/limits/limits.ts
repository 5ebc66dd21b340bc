import { randomId } from '../keyring.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { createScript } from '../redis/script.ts'
import { ROOM } from '../scripts/room.ts'
import { TAKE } from '../scripts/take.ts'
import { windowArgs, type Window } from './windows.ts'

export type Limit = { key: string; windows: readonly Window[] }

/**
 * `count` is how many the first limit holds in its longest window, this one included. `limit` is the index of
 * the first limit that was full; then nothing was taken from any of them.
 */
export type Taken =
  | { kind: 'taken'; member: string; count: number }
  | { kind: 'full'; limit: number; retryAfter: number }

/** `retryAfter` is in seconds, and 0 if one more fits now. */
export type Room = { retryAfter: number; windows: (Window & { used: number; left: number })[] }

/**
 * Sliding-window rate limits in Redis. One script counts and takes, so they hold over any number of processes.
 *
 * Every method throws StoreError when Redis does not answer.
 */
export function createLimits(redis: RedisClient) {
  const takeScript = createScript(redis, 'take', TAKE)
  const roomScript = createScript(redis, 'room', ROOM)

  /** Reads what a limit has left, without taking from it. */
  async function room({ key, windows }: Limit): Promise<Room> {
    const [ms, ...used] = (await roomScript([key], windowArgs(windows))).map(Number)
    const roomIn = (window: Window, count = 0) => ({
      ...window,
      used: count,
      left: Math.max(0, window.most - count),
    })
    return {
      retryAfter: Math.ceil((ms ?? 0) / 1000),
      windows: windows.map((window, i) => roomIn(window, used[i])),
    }
  }

  return {
    room,

    /** Takes one from every limit, or none from any. The keys must share a hash tag. */
    async take(limits: readonly Limit[]): Promise<Taken> {
      const member = randomId()
      const args = limits.flatMap(({ windows }) => [windows.length, ...windowArgs(windows)])
      const [full, ms] = await takeScript(
        limits.map(({ key }) => key),
        [member, ...args],
      )
      if (full === 0) return { kind: 'taken', member, count: Number(ms) }
      return { kind: 'full', limit: Number(full) - 1, retryAfter: Math.ceil(Number(ms) / 1000) }
    },

    /** Counts what a limit holds in its longest window. */
    async count(limit: Limit): Promise<number> {
      const { windows } = await room(limit)
      return Math.max(...windows.map(({ used }) => used))
    },

    /** Gives back what `take` took, for a later step that failed. */
    async giveBack(member: string, keys: readonly string[]): Promise<void> {
      await asStoreError('give back', Promise.all(keys.map((key) => redis.zrem(key, member))))
    },
  }
}
export type Limits = ReturnType<typeof createLimits>
