import type { Spread } from './statistics.ts'
import { spreadOf } from './statistics.ts'
import type { Results } from './run.ts'
import type { VariantSummary } from './summary.ts'
import { table } from './table.ts'

const HEAD = [
  'variant',
  'ok per CPU-second',
  'µs CPU per ok',
  'of bare Fastify',
  'Redis µs per ok',
  'ok/s',
  'p50 ms',
  'p99 ms',
]

/** The report as text. Every figure is a median; (least-most) follows the important ones. */
export function report({ variants, worker, rssMegabytes, rounds }: Results): string {
  const invalid = [...variants, { ...worker, variant: 'worker' }]
    .filter(({ invalidRounds }) => invalidRounds > 0)
    .map(({ variant, invalidRounds }) => `invalid rounds of ${variant}, not counted: ${invalidRounds}`)
  const all = [...rounds.api.flatMap(({ base, round }) => [base, round]), ...rounds.worker]
  const others = spreadOf(all.map((round) => round.others * 100))
  const rss = Object.entries(rssMegabytes).map(([name, megabytes]) => `${name} ${megabytes.toFixed(0)} MB`)
  return [
    ...table([HEAD, ...variants.map(rowOf)]),
    '',
    `worker: ${figure(worker.cpuMsPerJob, 3)} ms CPU per job, ${figure(worker.jobsPerSecond)} jobs/s, ` +
      `Redis ${figure(worker.redisCpuMsPerJob, 3)} ms CPU per job`,
    `memory at the end: ${rss.join(', ')}`,
    `share of the machine that other processes took: ${figure(others)} %`,
    'ok/s and the latencies come from a saturated server beside its load generator: compare the ratios instead',
    ...invalid,
  ].join('\n')
}

function rowOf(row: VariantSummary): string[] {
  return [
    row.variant,
    figure(row.successesPerCpuSecond),
    figure(row.cpuMicrosPerSuccess),
    row.ratioToBareFastify === null ? '' : figure(row.ratioToBareFastify, 3),
    median(row.redisCpuMicrosPerSuccess),
    median(row.successesPerSecond),
    median(row.p50Ms, 1),
    median(row.p99Ms, 1),
  ]
}

function figure(spread: Spread | null, digits = 0): string {
  if (spread === null) return '-'
  return `${median(spread, digits)} (${spread.min.toFixed(digits)}-${spread.max.toFixed(digits)})`
}

function median(spread: Spread | null, digits = 0): string {
  return spread === null ? '-' : spread.median.toFixed(digits)
}
