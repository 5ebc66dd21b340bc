import { addressGroup } from '@sms-codes/core/limits/client-address'

/** A client address may send so many wrong passwords in WINDOW_MS: enough for a person, too few for guessing. */
const MOST_WRONG = 10
const WINDOW_MS = 60_000
/** The counter keeps at most so many addresses in memory. A further address replaces the oldest one. */
const MOST_ADDRESSES = 10_000

/**
 * Counts wrong passwords per client address in memory, so the limit also applies while Redis is down. The window begins
 * with the first wrong password of any address, and ends for all addresses at once.
 */
export function createTries(now: () => number = Date.now) {
  const wrong = new Map<string, number>()
  let endsAt = 0
  const timesOf = (group: string) => (now() < endsAt ? (wrong.get(group) ?? 0) : 0)

  return {
    /** Seconds until this address may try again, or 0. */
    waitSeconds: (ip: string): number =>
      timesOf(addressGroup(ip)) < MOST_WRONG ? 0 : Math.ceil((endsAt - now()) / 1000),

    countWrong(ip: string): void {
      if (now() >= endsAt) {
        wrong.clear()
        endsAt = now() + WINDOW_MS
      }
      const group = addressGroup(ip)
      wrong.set(group, timesOf(group) + 1)
      const [oldest] = wrong.keys()
      if (wrong.size > MOST_ADDRESSES && oldest !== undefined) wrong.delete(oldest)
    },
  }
}
