import type { Spread } from './statistics.ts'
import { spreadOf } from './statistics.ts'
import type { Results } from './run.ts'
import type { Summary } from './summary.ts'
import { table } from './table.ts'

const HEAD = [
  'variant',
  'ok per CPU-second',
  'µs CPU per ok',
  'of bare Fastify',
  'times its floor',
  'Redis µs per ok',
  'times its floor',
  'ok/s',
  'p50 ms',
  'p99 ms',
]

/** The report as text. Every figure is a median; (least-most) follows the important ones. */
export function report({ summaries, rssMegabytes, comparisons }: Results): string {
  const invalid = summaries
    .filter(({ invalidRounds }) => invalidRounds > 0)
    .map(({ name, invalidRounds }) => `invalid rounds of ${name}, not counted: ${invalidRounds}`)
  const all = comparisons.flatMap(({ base, floor, product }) => [
    base,
    product,
    ...(floor === null ? [] : [floor]),
  ])
  const others = spreadOf(all.map((round) => round.others * 100))
  const rss = Object.entries(rssMegabytes).map(([name, megabytes]) => `${name} ${megabytes.toFixed(0)} MB`)
  return [
    ...table([HEAD, ...summaries.map(rowOf)]),
    '',
    `memory at the end: ${rss.join(', ')}`,
    `share of the machine that other processes took: ${figure(others)} %`,
    'ok/s and the latencies come from a saturated server beside its load generator: compare the ratios instead',
    ...invalid,
  ].join('\n')
}

function rowOf(row: Summary): string[] {
  return [
    row.name,
    figure(row.successesPerCpuSecond),
    figure(row.cpuMicros),
    ratio(row.ofBareFastify, 3),
    ratio(row.timesFloor, 2),
    median(row.redisCpuMicros),
    ratio(row.timesFloorRedis, 2),
    median(row.successesPerSecond),
    row.p50Ms === null ? '' : median(row.p50Ms, 1),
    row.p99Ms === null ? '' : median(row.p99Ms, 1),
  ]
}

const ratio = (spread: Spread | null, digits: number) => (spread === null ? '' : figure(spread, digits))

function figure(spread: Spread | null, digits = 0): string {
  if (spread === null) return '-'
  return `${median(spread, digits)} (${spread.min.toFixed(digits)}-${spread.max.toFixed(digits)})`
}

function median(spread: Spread | null, digits = 0): string {
  return spread === null ? '-' : spread.median.toFixed(digits)
}
