import type { Results } from '../run.ts'
import { spreadOf } from '../statistics.ts'
import { table } from '../table.ts'
import { faultsOf } from './faults.ts'
import { markdownOf, textOf } from './section.ts'
import { figure, median, sectionsOf } from './sections.ts'
import type { Summary } from './summary.ts'

const HEAD = ['variant', 'ok per CPU-second', 'µs CPU per ok', 'Redis µs per ok', 'ok/s', 'p50 ms', 'p99 ms']

/** The report as text. Every figure is a median; (least-most) follows the important ones. */
export function textReport(results: Results): string {
  const { summaries, comparisons } = results
  const absolute = comparisons.length === 0 ? [] : [...table([HEAD, ...summaries.map(rowOf)]), '']
  const rounds = comparisons.flatMap(({ base, floor, product }) => [
    base,
    product,
    ...(floor === null ? [] : [floor]),
  ])
  const others = spreadOf(rounds.map((round) => round.others * 100))
  return [
    ...absolute,
    ...sectionsOf(results).flatMap(textOf),
    ...(others === null ? [] : [`share of the machine that other processes took: ${figure(others)} %`]),
    'ok/s and their latencies come from a saturated server beside its load generator: compare the ratios instead',
    ...faultsOf(results),
  ].join('\n')
}

/** The tables of docs/performance.md. */
export function markdownReport(results: Results): string {
  return sectionsOf(results).map(markdownOf).join('\n\n')
}

const rowOf = (row: Summary) => [
  row.name,
  figure(row.successesPerCpuSecond),
  figure(row.cpuMicros),
  median(row.redisCpuMicros),
  median(row.successesPerSecond),
  median(row.p50Ms, 1, ''),
  median(row.p99Ms, 1, ''),
]
