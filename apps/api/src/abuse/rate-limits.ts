import { keys } from '@sms-codes/core/redis/keys'
import type { Limits } from '@sms-codes/core/limits/limits'
import { Refusal, type Answer } from '../http/answers.ts'
import type { Window } from '@sms-codes/core/limits/windows'
import type { Guard } from './pumping-guard.ts'
import type { ApiMetrics } from '../metrics.ts'

/** How many messages may be asked for, beside what each phone may get. An empty list is no limit. */
export type GateWindows = Record<'address' | 'subnet' | 'segment' | 'budget', readonly Window[]>

/** Who asks for a message to whom. Address and subnet are pseudonyms, `ip` is what they stand for. */
export type Asking = { ip: string; address: string; subnet: string; mobile: string }

const ANSWER: Record<keyof GateWindows, Answer> = {
  address: 'tooManyRequests',
  subnet: 'tooManyRequests',
  // Told apart from the phone's own limit it would show where the gate is.
  segment: 'sentTooOften',
  budget: 'budgetSpent',
}

/**
 * What a send is counted against beside its phone: the caller's address and subnet, the number segment
 * (the first seven digits), and the budget of the whole service. All are taken in one step or none, so
 * no number of processes spends more than the budget.
 */
export function createGate(limits: Limits, windows: GateWindows, guard: Guard, metrics: ApiMetrics) {
  const names = (['address', 'subnet', 'segment', 'budget'] as const).filter(
    (name) => windows[name].length > 0,
  )
  const keyOf = (name: keyof GateWindows, { address, subnet, mobile }: Asking) =>
    name === 'budget' ? keys.budget : keys.gate(name, { address, subnet, segment: mobile.slice(0, 7) }[name])

  return {
    /**
     * @param allowed by a list: only the budget counts
     * @returns the unit it took of the budget, and what gives segment and budget back where nothing was enqueued
     * @throws Refusal, StoreError
     */
    async enter(asking: Asking, allowed: boolean): Promise<{ unit: string; leave: () => Promise<void> }> {
      const counted = allowed ? names.filter((name) => name === 'budget') : names
      const own = counted.map((name) => ({ key: keyOf(name, asking), windows: windows[name] }))
      const counts = allowed ? [] : guard.counts(asking)
      if (own.length + counts.length === 0) return { unit: '', leave: async () => {} }
      const taken = await limits.take([...own, ...counts])
      if (taken.kind === 'full') {
        const name = counted[taken.limit] ?? 'budget'
        metrics.refusedBy(name)
        throw new Refusal(ANSWER[name], { retry_after: taken.retryAfter })
      }
      const spent = counted
        .filter((name) => name === 'segment' || name === 'budget')
        .map((name) => keyOf(name, asking))
      return {
        unit: taken.member,
        leave: () => limits.giveBack(taken.member, [...spent, ...counts.map(({ key }) => key)]),
      }
    },
  }
}
export type Gate = ReturnType<typeof createGate>
