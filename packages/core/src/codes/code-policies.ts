import type { CodePolicy } from './code-store.ts'
import { parseScenes } from '../config/scenes.ts'
import { parseWindows, type Window } from '../limits/windows.ts'

type CodeValues = {
  SCENES: string
  CODE_LENGTH: number
  CODE_TTL_SECONDS: number
  SEND_WITHIN_SECONDS: number
  LIMIT_PHONE_SENDS: string
}
type BudgetValues = { BUDGET_MESSAGES: string; BUDGET_CENTS: string; MESSAGE_CENTS: number }

/** The settings of every scene, with the general ones where it has none of its own. */
export function policiesOf(values: CodeValues): Record<string, CodePolicy> {
  const { scenes } = parseScenes(values.SCENES)
  const entries = scenes.map(({ name, ...own }): [string, CodePolicy] => [
    name,
    {
      length: values.CODE_LENGTH,
      ttlSeconds: values.CODE_TTL_SECONDS,
      sendWithinSeconds: values.SEND_WITHIN_SECONDS,
      compares: 5,
      missesPerDay: 15,
      sends: parseWindows(values.LIMIT_PHONE_SENDS),
      ...own,
    },
  ])
  return Object.fromEntries(entries)
}

/** All windows of the budget, in messages. */
export function budgetOf({ BUDGET_MESSAGES, BUDGET_CENTS, MESSAGE_CENTS }: BudgetValues): Window[] {
  const inMoney = parseWindows(BUDGET_CENTS).map(({ most, seconds }) => ({
    most: Math.floor(most / MESSAGE_CENTS),
    seconds,
  }))
  return [...parseWindows(BUDGET_MESSAGES), ...inMoney]
}
