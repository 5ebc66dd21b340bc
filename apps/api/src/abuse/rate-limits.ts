import type { Limits } from '@sms-codes/core/limits/limits'
import type { Window } from '@sms-codes/core/limits/windows'
import { numberSegment } from '@sms-codes/core/mobile'
import { keys } from '@sms-codes/core/redis/keys'
import { Refusal, type Answer } from '../http/answers.ts'
import type { ApiMetrics } from '../metrics.ts'
import type { Caller, SendAttempt } from './caller.ts'

/**
 * What an address and its subnet may do: `images` are pictures and challenges, `attempts` are answers to them, `verifies`
 * are guesses. The limits of a subnet bound the memory in Redis that the addresses of one network can occupy.
 */
type CallerLimit = 'images' | 'attempts' | 'verifies'
type SubnetLimit = `subnet_${CallerLimit}`

/** A send counts against these limits and those of its phone. The budget is the limit of the whole service. */
const SEND_LIMITS = ['address', 'subnet', 'segment', 'budget'] as const
type SendLimit = (typeof SEND_LIMITS)[number]

const SEND_ANSWERS: Record<SendLimit, Answer> = {
  address: 'tooManyRequests',
  subnet: 'tooManyRequests',
  // A phone with a full limit gets the same answer, so an attacker cannot tell the two limits apart.
  segment: 'sentTooOften',
  budget: 'budgetSpent',
}

/**
 * The rate limits of the API, except the limits of a phone, which the script that issues a code checks. A unit is one
 * counted request. Every method throws StoreError when Redis does not answer.
 * @param windows the windows of each limit; an empty list means no limit
 */
export function createRateLimits(
  limits: Limits,
  windows: Record<CallerLimit | SubnetLimit | SendLimit, readonly Window[]>,
  metrics: Pick<ApiMetrics, 'refusals'>,
) {
  const sendLimits = SEND_LIMITS.filter((name) => windows[name].length > 0)
  const addressLimit = (name: CallerLimit, { address, subnet }: Caller) => ({
    name,
    key: keys.address(subnet, address, name),
    windows: windows[name],
  })

  function sendKey(name: SendLimit, { address, subnet, mobile }: SendAttempt): string {
    if (name === 'budget') return keys.budget
    return keys.sendLimit(name, { address, subnet, segment: numberSegment(mobile) }[name])
  }

  function refuse(name: CallerLimit | SubnetLimit | SendLimit, answer: Answer, retryAfter: number): never {
    metrics.refusals.inc({ limit: name })
    throw new Refusal(answer, { retry_after: retryAfter })
  }

  return {
    /**
     * Takes one unit from a limit of the caller's address and of its subnet, or takes nothing if one of them is full.
     * @returns how many units the address has taken in the longest window, this unit included
     * @throws Refusal if a limit is full
     */
    async take(name: CallerLimit, caller: Caller): Promise<number> {
      const ofSubnet = `subnet_${name}` as const
      const both = [
        addressLimit(name, caller),
        { name: ofSubnet, key: keys.subnet(caller.subnet, name), windows: windows[ofSubnet] },
      ]
      const taken = await limits.take(both)
      if (taken.kind === 'taken') return taken.count
      return refuse(both[taken.limit]?.name ?? name, 'tooManyRequests', taken.retryAfter)
    },

    /** Returns how many attempts the caller's address made in the longest window. */
    attemptsOf: (caller: Caller): Promise<number> => limits.count(addressLimit('attempts', caller)),

    /**
     * Takes one unit from each limit of a send in one step, or takes nothing if a limit is full. So any number of
     * API processes together cannot exceed the budget.
     * @param isAllowListed if true, the send counts only against the budget
     * @returns the id of the unit in the budget, and a function for a send that was not enqueued, which gives back
     *   the units of segment and budget. The limits of address and subnet count requests, so their units stay taken.
     * @throws Refusal if a limit is full
     */
    async takeForSend(attempt: SendAttempt, isAllowListed: boolean) {
      const names = isAllowListed ? sendLimits.filter((name) => name === 'budget') : sendLimits
      const own = names.map((name) => ({ name, key: sendKey(name, attempt), windows: windows[name] }))
      if (own.length === 0) return { budgetUnit: '', release: async () => {} }
      const taken = await limits.take(own)
      if (taken.kind === 'full') {
        const name = own[taken.limit]?.name ?? 'budget'
        return refuse(name, SEND_ANSWERS[name], taken.retryAfter)
      }
      const refundable = own.filter(({ name }) => name === 'segment' || name === 'budget')
      const released = refundable.map(({ key }) => key)
      return { budgetUnit: taken.member, release: () => limits.giveBack(taken.member, released) }
    },
  }
}
