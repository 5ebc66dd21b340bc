import type { Redis } from 'ioredis'
import { randomId } from './keyring.ts'
import { createScript } from './script.ts'
import { TAKE } from './scripts/take.ts'
import { windowArgs, type Window } from './windows.ts'

/** Sliding limits in Redis: they hold over any number of processes, because one script counts and takes. */
export function createLimits(redis: Redis) {
  const take = createScript(redis, 'take', TAKE)
  return {
    /**
     * @returns 0 when one was taken, else the seconds until one fits again (nothing was changed)
     * @throws StoreError
     */
    async take(key: string, windows: readonly Window[]): Promise<number> {
      const [ms] = await take([key], [randomId(), ...windowArgs(windows)])
      return Math.ceil(Number(ms) / 1000)
    },
  }
}
export type Limits = ReturnType<typeof createLimits>
