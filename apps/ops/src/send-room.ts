import { keys } from '@sms-codes/core/redis/keys'
import { asStoreError } from '@sms-codes/core/redis/connect'
import type { Window } from '@sms-codes/core/limits/windows'
import type { Store } from './store.ts'

/** How many more messages fit into each window now, and in how many seconds the next is possible; 0 for now. */
export type Room = { windows: (Window & { left: number })[]; nextSeconds: number }

/**
 * What the limits of a phone leave, by the clock of Redis; a look that takes nothing.
 * @throws StoreError
 */
export async function readSends(redis: Store['redis'], ph: string) {
  const [[whole, micros], held] = await asStoreError(
    'sends',
    Promise.all([redis.time(), redis.zrevrange(keys.sends(ph), 0, -1, 'WITHSCORES')]),
  )
  const now = Number(whole) * 1000 + Number(micros) / 1000
  const times = held.flatMap((score, i) => (i % 2 === 1 ? [Number(score)] : []))
  return (windows: readonly Window[]): Room => {
    const waits = windows.map(({ most, seconds }) => {
      // The one that has to leave the window before another fits in.
      const blocking = times[most - 1] ?? -Infinity
      return Math.max(0, blocking + seconds * 1000 - now)
    })
    const countIn = (seconds: number) => times.filter((ms) => ms > now - seconds * 1000).length
    return {
      windows: windows.map((window) => ({
        ...window,
        left: Math.max(0, window.most - countIn(window.seconds)),
      })),
      nextSeconds: Math.ceil(Math.max(...waits) / 1000),
    }
  }
}
