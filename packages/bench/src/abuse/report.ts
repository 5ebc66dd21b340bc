import { table } from '../table.ts'
import { WORK_SECONDS } from './proof.ts'
import type { Result, Results } from './run.ts'

const MOST_COST_PERCENT = 1
const MOST_REFUSED_PERCENT = 0.1

const HEAD = [
  'campaign',
  'attempts',
  'paid',
  'without limits',
  'of that',
  `goal ${MOST_COST_PERCENT} %`,
  'refused',
  'of all',
  `goal ${MOST_REFUSED_PERCENT} %`,
]

/** Compares a result with the goals, in percent. `cost` is null for a campaign that sends nothing. */
function judge({ attempts, paid, ordinary }: Result, people: number) {
  const cost = attempts === 0 ? null : (100 * paid) / attempts
  const refused = (100 * ordinary.refused) / people
  return {
    cost,
    costMet: cost === null || cost <= MOST_COST_PERCENT,
    refused,
    refusedMet: refused <= MOST_REFUSED_PERCENT,
  }
}

/** The results with their comparison with the goals. */
export const judged = (results: Results) => ({
  ...results,
  goals: { cost: MOST_COST_PERCENT, refused: MOST_REFUSED_PERCENT },
  campaigns: results.campaigns.map((result) => ({ ...result, percent: judge(result, results.people) })),
})

export function report({ seed, offices, people, minutes, policy, campaigns }: Results): string {
  const faulty = campaigns.filter(({ faults }) => faults > 0)
  return [
    ...table([HEAD, ...campaigns.map((result) => rowOf(result, people))]),
    '',
    'paid: messages that the attacker got; without limits: one for every solved image code',
    `refused: of ${count(people)} ordinary users, those refused without a mistake of their own`,
    '',
    ...campaigns.flatMap(remarks),
    '',
    `seed ${seed}, ${minutes / 60} simulated hours, ${offices} offices, policy: ${policy}`,
    ...faulty.map(
      ({ name, faults }) => `campaign ${name} is useless: the API was too busy in ${faults} answers`,
    ),
  ].join('\n')
}

function rowOf(result: Result, people: number): string[] {
  const { name, title, attempts, paid, ordinary } = result
  const { cost, costMet, refused, refusedMet } = judge(result, people)
  const sends =
    cost === null
      ? ['-', '-', '-', '-', '-']
      : [count(attempts), count(paid), count(attempts), percent(cost), verdict(costMet)]
  return [`${name} ${title}`, ...sends, count(ordinary.refused), percent(refused), verdict(refusedMet)]
}

/** The figures that explain a campaign's result. */
function remarks({ name, proofs, guesses, compares, broken, counted, refusals, ordinary }: Result): string[] {
  const expected = (compares / 1e6).toFixed(3)
  return [
    ...(guesses === 0
      ? []
      : [
          `${count(guesses)} guesses, ${count(compares)} compared (${percent((100 * compares) / guesses)}), ` +
            `codes guessed: ${broken}; expected by chance: ${expected}`,
        ]),
    ...listed('limits reached and guard findings, by attackers and users', counted),
    ...(proofs === 0 ? [] : [`attackers did ${count(proofs)} proofs of work, ${work(proofs)} of CPU`]),
    ...listed('answers to attackers', refusals),
    ...listed('answers to ordinary users', ordinary.refusals),
    ...(ordinary.proofs === 0 ? [] : [`ordinary users did ${count(ordinary.proofs)} proofs of work`]),
  ].map((line) => `${name}: ${line}`)
}

const count = (value: number): string => value.toLocaleString('en')
const percent = (value: number): string => `${value.toFixed(2)} %`
const work = (proofs: number): string => `${Math.round((proofs * WORK_SECONDS) / 60)} minutes`
const verdict = (met: boolean): string => (met ? 'met' : 'MISSED')

function listed(title: string, counts: Record<string, number>): string[] {
  const rows = Object.entries(counts).map(([what, times]) => `${what} ${count(times)}`)
  return rows.length === 0 ? [] : [`${title}: ${rows.join(', ')}`]
}
