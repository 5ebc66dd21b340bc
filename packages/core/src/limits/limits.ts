import { randomId } from '../keyring.ts'
import type { RedisClient } from '../redis/connect.ts'
import { createScript } from '../redis/script.ts'
import { windowArgs, type Limit, type Window } from './windows.ts'

type Taken = { kind: 'taken' } | { kind: 'full'; retryAfter: number }

/** `retryAfter` is in seconds, and 0 if one more entry fits now. */
type Room = { retryAfter: number; windows: (Window & { used: number; left: number })[] }

/**
 * Exact sliding-window rate limits in Redis, for limits with few entries: one set contains the time of each entry.
 * counters.ts has the approximate limits. Every method throws StoreError when Redis does not answer.
 */
export function createLimits(redis: RedisClient) {
  const takeScript = createScript(redis, new URL('./lua/take.lua', import.meta.url))
  const roomScript = createScript(redis, new URL('./lua/room.lua', import.meta.url))

  return {
    /** Reads how many entries each window of a limit contains and how many more fit, and changes nothing. */
    async room({ key, windows }: Limit): Promise<Room> {
      const reply = await roomScript([key], windowArgs(windows))
      return {
        retryAfter: Math.ceil(reply.number('wait') / 1000),
        windows: windows.map((window, i) => {
          const used = reply.rows[i]?.number('used') ?? 0
          return { ...window, used, left: Math.max(0, window.most - used) }
        }),
      }
    },

    /** Adds one entry to a limit, or refuses if the limit is full. */
    async take({ key, windows }: Limit): Promise<Taken> {
      const { kind, number } = await takeScript([key], [randomId(), ...windowArgs(windows)])
      if (kind === 'taken') return { kind }
      return { kind: 'full', retryAfter: Math.ceil(number('wait') / 1000) }
    },
  }
}
export type Limits = ReturnType<typeof createLimits>
