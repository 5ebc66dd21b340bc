import { Gauge, type Registry } from 'prom-client'
import { keys } from '@sms-codes/core/redis/keys'
import type { Limits } from '@sms-codes/core/limits/limits'
import type { Window } from '@sms-codes/core/limits/windows'

/**
 * The messages that the budget still allows in each of its windows, asked for when somebody scrapes. While
 * Redis is away there is nothing to say, and the rest of the metrics must not suffer for it.
 */
export function reportBudget(registry: Registry, limits: Limits, budget: readonly Window[]): void {
  const left = new Gauge({
    name: 'sms_budget_left',
    help: 'Messages that the budget still allows, by the seconds of its window',
    labelNames: ['window'],
    registers: [registry],
    collect: async () => {
      left.reset()
      const counts = await Promise.all(
        budget.map((window) => limits.count({ key: keys.budget, windows: [window] })),
      ).catch(() => [])
      for (const [at, count] of counts.entries()) {
        const { most = 0, seconds = 0 } = budget[at] ?? {}
        left.set({ window: String(seconds) }, Math.max(0, most - count))
      }
    },
  })
}
