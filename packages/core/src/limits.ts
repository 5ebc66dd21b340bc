import { randomId } from './keyring.ts'
import { asStoreError, type RedisClient } from './redis.ts'
import { createScript } from './script.ts'
import { TAKE } from './scripts/take.ts'
import { windowArgs, type Window } from './windows.ts'

export type Limit = { key: string; windows: readonly Window[] }

/** `full` is the first of the limits that had no room; nothing was taken from any of them. */
export type Taken = { kind: 'taken'; member: string } | { kind: 'full'; limit: number; retryAfter: number }

/** Sliding limits in Redis: they hold over any number of processes, because one script counts and takes. */
export function createLimits(redis: RedisClient) {
  const script = createScript(redis, 'take', TAKE)
  return {
    /**
     * Takes one from every limit, or none from any. Their keys share a hash tag.
     * @throws StoreError
     */
    async take(limits: readonly Limit[]): Promise<Taken> {
      const member = randomId()
      const args = limits.flatMap(({ windows }) => [windows.length, ...windowArgs(windows)])
      const [full, ms] = await script(
        limits.map(({ key }) => key),
        [member, ...args],
      )
      if (full === 0) return { kind: 'taken', member }
      return { kind: 'full', limit: Number(full) - 1, retryAfter: Math.ceil(Number(ms) / 1000) }
    },

    /** Gives back what a later step did not use. */
    async giveBack(member: string, keys: readonly string[]): Promise<void> {
      await asStoreError('give back', Promise.all(keys.map((key) => redis.zrem(key, member))))
    },
  }
}
export type Limits = ReturnType<typeof createLimits>
