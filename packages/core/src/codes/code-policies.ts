import type { Policy, ScenePolicy } from '../config/policy-schema.ts'
import type { Window } from '../limits/windows.ts'
import type { CodePolicy } from './code-store.ts'

/** The policy of every scene. `codes` gives each value that the scene does not set. */
export function policiesOf({ codes, scenes, history_hours }: Policy): Record<string, CodePolicy> {
  const compares = 5
  const all = Object.entries(scenes).map(([name, own]): [string, CodePolicy] => [
    name,
    {
      length: own.length ?? codes.length,
      ttlSeconds: own.life ?? codes.life,
      sendWithinSeconds: own.send_within ?? codes.send_within,
      compares,
      missesPerDay: 15,
      sends: own.waits === undefined ? (own.sends ?? codes.sends) : windowsOf(own.waits),
    },
  ])
  const sends = all.map(([, policy]) => policy.sends)
  const keepSendsSeconds = Math.max(0, ...sends.flat().map(({ seconds }) => seconds))
  // A stranger who uses up every send of a phone does not reach this limit. It bounds the guesses on a phone whose
  // sends fail, because a failed send gives its slot back and then another send with a new id fits.
  const missesWithIdPerDay = 2 * compares * Math.max(...sends.map(mostPerDay))
  return Object.fromEntries(
    all.map(([name, policy]) => [
      name,
      {
        ...policy,
        keepSendsSeconds,
        missesWithIdPerDay,
        keepHistorySeconds: historySecondsOf({ history_hours }),
      },
    ]),
  )
}

/** How long the history of a phone and a failed send are kept, in seconds. */
export const historySecondsOf = ({ history_hours }: Pick<Policy, 'history_hours'>) => history_hours * 3_600

/** Growing waits as windows: [60, 120] is one send in 60 s and two in 180 s. */
function windowsOf(waits: NonNullable<ScenePolicy['waits']>): Window[] {
  let seconds = 0
  return waits.map((wait, i) => ({ most: i + 1, seconds: (seconds += wait) }))
}

const mostPerDay = (windows: readonly Window[]) =>
  Math.min(...windows.map(({ most, seconds }) => most * Math.ceil(86_400 / seconds)), 1_000_000)

/** All windows of the budget, in messages. */
export function budgetOf({ budget }: Policy): Window[] {
  const toMessages = ({ most, seconds }: Window) => ({
    most: Math.floor(most / budget.message_cents),
    seconds,
  })
  return [...budget.messages, ...budget.cents.map(toMessages)]
}

/** The seconds for which the guard against SMS pumping counts a send in each group. */
export const guardWindowsOf = ({ guard: { segment, address, service } }: Policy) => ({
  segment: segment.window,
  address: address.window,
  service: service.window,
})
