import { keys } from '@sms-codes/core/redis/keys'
import type { Limits } from '@sms-codes/core/limits/limits'
import { Refusal } from '../http/answers.ts'
import type { Window } from '@sms-codes/core/limits/windows'
import type { ApiMetrics } from '../metrics.ts'

export type LimiterWindows = Record<'images' | 'attempts' | 'verifies', readonly Window[]>

/**
 * The shields in front of the routes, each counting one client address (by its pseudonym): pictures
 * drawn, image codes answered, codes tried. Each throws a Refusal when it is full, and answers how many it
 * has counted.
 */
export function createLimiters(limits: Limits, windows: LimiterWindows, metrics: ApiMetrics) {
  const limitOf = (name: keyof LimiterWindows, address: string) => ({
    key: keys.address(address, name),
    windows: windows[name],
  })
  const limiter = (name: keyof LimiterWindows) => async (address: string) => {
    const taken = await limits.take([limitOf(name, address)])
    if (taken.kind === 'taken') return taken.count
    metrics.refusedBy(name)
    throw new Refusal('tooManyRequests', { retry_after: taken.retryAfter })
  }
  return {
    images: limiter('images'),
    attempts: limiter('attempts'),
    verifies: limiter('verifies'),
    /** How many image codes this address has answered lately. */
    answered: (address: string) => limits.count(limitOf('attempts', address)),
  }
}
export type Limiters = ReturnType<typeof createLimiters>
