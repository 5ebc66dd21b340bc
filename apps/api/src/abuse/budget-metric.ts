import { Gauge, type Registry } from 'prom-client'
import { keys } from '@sms-codes/core/redis/keys'
import type { Limits } from '@sms-codes/core/limits/limits'
import type { Window } from '@sms-codes/core/limits/windows'

/**
 * Reports the messages that the budget still allows, counted at each scrape. While Redis does not answer, the
 * metric has no series and the rest of the scrape succeeds.
 */
export function reportBudget(registry: Registry, limits: Limits, budget: readonly Window[]): void {
  const left = new Gauge({
    name: 'sms_budget_left',
    help: 'Messages that the budget still allows, by the length of the window in seconds',
    labelNames: ['window'],
    registers: [registry],
    collect: async () => {
      left.reset()
      const room = await limits.room({ key: keys.budget, windows: budget }).catch(() => null)
      for (const { seconds, left: messages } of room?.windows ?? [])
        left.set({ window: String(seconds) }, messages)
    },
  })
}
