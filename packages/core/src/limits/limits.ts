import { randomId } from '../keyring.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { createScript } from '../redis/script.ts'
import { windowArgs, type Window } from './windows.ts'

export type Limit = { key: string; windows: readonly Window[] }

/** `count`: the entries (one per `take`) of the first limit. `limit`: the index of the first limit that is full. */
type Taken =
  | { kind: 'taken'; member: string; count: number }
  | { kind: 'full'; limit: number; retryAfter: number }

/** `retryAfter` is in seconds, and 0 if one more entry fits now. */
type Room = { retryAfter: number; windows: (Window & { used: number; left: number })[] }

/**
 * Sliding-window rate limits in Redis. One script counts and adds entries, so all processes share the limits.
 * Every method throws StoreError when Redis does not answer.
 */
export function createLimits(redis: RedisClient) {
  const takeScript = createScript(redis, new URL('./lua/take.lua', import.meta.url))
  const roomScript = createScript(redis, new URL('./lua/room.lua', import.meta.url))

  /** Reads how many entries each window of a limit contains and how many more fit, and changes nothing. */
  async function room({ key, windows }: Limit): Promise<Room> {
    const reply = await roomScript([key], windowArgs(windows))
    return {
      retryAfter: Math.ceil(reply.number('wait') / 1000),
      windows: windows.map((window, i) => {
        const used = reply.rows[i]?.number('used') ?? 0
        return { ...window, used, left: Math.max(0, window.most - used) }
      }),
    }
  }

  return {
    room,

    /** Adds one entry to every limit, or to no limit if one limit is full. The keys must share a hash tag. */
    async take(limits: readonly Limit[]): Promise<Taken> {
      const member = randomId()
      const args = limits.flatMap(({ windows }) => [windows.length, ...windowArgs(windows)])
      const keys = limits.map(({ key }) => key)
      const { kind, number } = await takeScript(keys, [member, ...args])
      if (kind === 'taken') return { kind, member, count: number('count') }
      return { kind: 'full', limit: number('limit') - 1, retryAfter: Math.ceil(number('wait') / 1000) }
    },

    /** Counts the entries in the longest window of a limit. */
    async count(limit: Limit): Promise<number> {
      const { windows } = await room(limit)
      return Math.max(...windows.map(({ used }) => used))
    },

    /** Removes the entries that `take` added, after a later step failed. */
    async giveBack(member: string, keys: readonly string[]): Promise<void> {
      await asStoreError('give back', Promise.all(keys.map((key) => redis.zrem(key, member))))
    },
  }
}
export type Limits = ReturnType<typeof createLimits>
