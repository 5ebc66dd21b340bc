import { addressGroup } from '@sms-codes/core/limits/client-address'

/** Wrong passwords that an address may send within WINDOW_MS: enough for a person, nothing for a guesser. */
const MOST_WRONG = 10
const WINDOW_MS = 60_000
/** So that a crowd of addresses does not fill the memory; the oldest is forgotten first. */
const MOST_ADDRESSES = 10_000

/** Counts wrong passwords by client address. It does so in memory, because it must hold while Redis is away. */
export function createTries(now: () => number = Date.now) {
  const wrong = new Map<string, { times: number; until: number }>()

  function countOf(who: string) {
    const count = wrong.get(who)
    if (count !== undefined && count.until > now()) return count
    wrong.delete(who)
    return { times: 0, until: now() + WINDOW_MS }
  }

  return {
    /** Seconds until this address may try again; 0 when it may now. */
    waitSeconds(ip: string): number {
      const { times, until } = countOf(addressGroup(ip))
      return times < MOST_WRONG ? 0 : Math.ceil((until - now()) / 1000)
    },

    countWrong(ip: string): void {
      const who = addressGroup(ip)
      const { times, until } = countOf(who)
      wrong.set(who, { times: times + 1, until })
      const [oldest] = wrong.keys()
      if (wrong.size > MOST_ADDRESSES && oldest !== undefined) wrong.delete(oldest)
    },
  }
}
