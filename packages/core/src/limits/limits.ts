import { randomId } from '../keyring.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { createScript } from '../redis/script.ts'
import { windowArgs, type Window } from './windows.ts'

export type Limit = { key: string; windows: readonly Window[] }

/**
 * `count` is how many the first of the limits has now, this one included, in its longest window. `full` is the
 * first that had no room; nothing was taken from any of them.
 */
export type Taken =
  | { kind: 'taken'; member: string; count: number }
  | { kind: 'full'; limit: number; retryAfter: number }

/** Sliding limits in Redis: they hold over any number of processes, because one script counts and takes. */
export function createLimits(redis: RedisClient) {
  const script = createScript(redis, new URL('./lua/take.lua', import.meta.url))
  const countScript = createScript(redis, new URL('./lua/count.lua', import.meta.url))
  return {
    /**
     * Takes one from every limit, or none from any. Their keys share a hash tag.
     * @throws StoreError
     */
    async take(limits: readonly Limit[]): Promise<Taken> {
      const member = randomId()
      const args = limits.flatMap(({ windows }) => [windows.length, ...windowArgs(windows)])
      const reply = await script(
        limits.map(({ key }) => key),
        [member, ...args],
      )
      if (reply.kind === 'taken') return { kind: 'taken', member, count: reply.number('count') }
      const retryAfter = Math.ceil(reply.number('wait') / 1000)
      return { kind: 'full', limit: reply.number('limit') - 1, retryAfter }
    },

    /**
     * How many this limit has now in its longest window. Takes nothing.
     * @throws StoreError
     */
    async count({ key, windows }: Limit): Promise<number> {
      const longest = Math.max(...windows.map(({ seconds }) => seconds))
      return (await countScript([key], [longest * 1000])).number('count')
    },

    /** Gives back what a later step did not use. */
    async giveBack(member: string, keys: readonly string[]): Promise<void> {
      await asStoreError('give back', Promise.all(keys.map((key) => redis.zrem(key, member))))
    },
  }
}
export type Limits = ReturnType<typeof createLimits>
