import { unitsOf, type Counters } from '@sms-codes/core/limits/counters'
import type { Window } from '@sms-codes/core/limits/windows'
import { keys } from '@sms-codes/core/redis/keys'
import { Refusal } from '../http/answers.ts'
import type { ApiMetrics } from '../metrics.ts'
import type { Caller } from './caller.ts'

/**
 * What an address and its subnet may do beside sending: `images` are pictures and challenges, `verifies` are guesses.
 * The limits of a subnet bound the memory in Redis that the addresses of one network can occupy.
 */
const LIMITS = ['images', 'verifies'] as const
type CallerLimit = (typeof LIMITS)[number]

/**
 * The rate limits of pictures, challenges and guesses. admission.ts has the limits of sends. A unit is one counted
 * request. Every method throws StoreError when Redis does not answer.
 * @param windows the windows of each limit; an empty list means no limit
 */
export function createRateLimits(
  counters: Pick<Counters, 'take' | 'read'>,
  windows: Record<CallerLimit | `subnet_${CallerLimit}` | 'attempts', readonly Window[]>,
  metrics: Pick<ApiMetrics, 'refusals'>,
) {
  for (const name of LIMITS) for (const limit of [name, `subnet_${name}`]) metrics.refusals.inc({ limit }, 0)

  /**
   * Takes one unit from a limit of the caller's address and of its subnet, or takes nothing if one of them is full.
   * @returns the time of the unit, ms by the clock of Redis
   * @throws Refusal if a limit is full
   */
  async function take(name: CallerLimit, { address, subnet }: Caller): Promise<number> {
    const ofSubnet = `subnet_${name}` as const
    const taken = await counters.take([
      { key: keys.ofAddress(name, address, subnet), windows: windows[name] },
      { key: keys.ofSubnet(name, subnet), windows: windows[ofSubnet] },
    ])
    if (taken.kind === 'taken') return taken.at
    metrics.refusals.inc({ limit: taken.limit === 0 ? name : ofSubnet })
    throw new Refusal('tooManyRequests', { retry_after: taken.retryAfter })
  }

  return {
    take,

    /**
     * Takes a picture for the caller.
     * @returns how many attempts the caller's address has made in the longest window
     * @throws Refusal if a limit is full
     */
    async takePicture(caller: Caller): Promise<number> {
      const limit = { key: keys.gate('attempts', caller.address), windows: windows.attempts }
      const [at, attempts] = await Promise.all([take('images', caller), counters.read(limit.key)])
      return Math.max(0, ...unitsOf(attempts, limit, at))
    },
  }
}
export type RateLimits = ReturnType<typeof createRateLimits>
