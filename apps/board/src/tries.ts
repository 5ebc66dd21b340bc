import { addressGroup } from '@sms-codes/core/limits/client-address'

/** A client address may send so many wrong passwords in WINDOW_MS: enough for a person, too few for guessing. */
const MOST_WRONG = 10
const WINDOW_MS = 60_000
/** The counter keeps at most so many addresses in memory. A further address replaces the oldest one. */
const MOST_ADDRESSES = 10_000

/** Counts wrong passwords per client address in memory, so the limit also applies while Redis is down. */
export function createTries(now: () => number = Date.now) {
  const wrong = new Map<string, { times: number; until: number }>()
  function countOf(group: string) {
    const count = wrong.get(group)
    if (count !== undefined && count.until > now()) return count
    wrong.delete(group)
    return { times: 0, until: now() + WINDOW_MS }
  }

  return {
    /** Seconds until this address may try again, or 0. */
    waitSeconds(ip: string): number {
      const { times, until } = countOf(addressGroup(ip))
      return times < MOST_WRONG ? 0 : Math.ceil((until - now()) / 1000)
    },

    countWrong(ip: string): void {
      const group = addressGroup(ip)
      const { times, until } = countOf(group)
      wrong.set(group, { times: times + 1, until })
      const [oldest] = wrong.keys()
      if (wrong.size > MOST_ADDRESSES && oldest !== undefined) wrong.delete(oldest)
    },
  }
}
