import { addressGroup } from '@sms-codes/core/limits/client-address'

/** The permitted wrong passwords per client address and WINDOW_MS: enough for a person, too few for guessing. */
const MOST_WRONG = 10
const WINDOW_MS = 60_000
/** Bounds the memory. Above this number the oldest address is dropped. */
const MOST_ADDRESSES = 10_000

/** Counts wrong passwords per client address, in memory, so that the limit also holds while Redis is down. */
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
