import type { StaticDecode, TObject } from '@sinclair/typebox'
import type { CodePolicy } from './code-store.ts'
import type { budgetVariables, codeVariables, guardWindowVariables } from '../config/shared-variables.ts'
import type { Window } from '../limits/windows.ts'

/** The policy of every scene. The general variables give each value that the scene does not set. */
export function policiesOf(values: StaticDecode<TObject<typeof codeVariables>>): Record<string, CodePolicy> {
  const general = {
    length: values.CODE_LENGTH,
    ttlSeconds: values.CODE_TTL_SECONDS,
    sendWithinSeconds: values.SEND_WITHIN_SECONDS,
    compares: 5,
    missesPerDay: 15,
    sends: values.LIMIT_PHONE_SENDS,
  }
  const scenes = values.SCENES.map((own) => ({ ...general, ...own }))
  const keepSendsSeconds = Math.max(0, ...scenes.flatMap(({ sends }) => sends.map(({ seconds }) => seconds)))
  return Object.fromEntries(scenes.map(({ name, ...policy }) => [name, { ...policy, keepSendsSeconds }]))
}

/** All windows of the budget, in messages. */
export function budgetOf(values: StaticDecode<TObject<typeof budgetVariables>>): Window[] {
  const { BUDGET_MESSAGES, BUDGET_CENTS, MESSAGE_CENTS } = values
  const toMessages = ({ most, seconds }: Window) => ({ most: Math.floor(most / MESSAGE_CENTS), seconds })
  return [...BUDGET_MESSAGES, ...BUDGET_CENTS.map(toMessages)]
}

/** The seconds for which the guard against SMS pumping counts a send in each group. */
export function guardWindowsOf(values: StaticDecode<TObject<typeof guardWindowVariables>>) {
  const { GUARD_WINDOW_SECONDS: general, GUARD_ADDRESS_WINDOW_SECONDS: address } = values
  return { segment: general, address, service: general }
}
