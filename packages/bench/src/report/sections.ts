import type { CodeCost, OneCode } from '../parts/one-code.ts'
import type { Results } from '../run.ts'
import type { Spread } from '../statistics.ts'
import { goalsOf } from './goals.ts'
import { besideSeed } from './reference.ts'
import type { Section } from './section.ts'
import { sizingOf } from './sizing.ts'
import type { Summary } from './summary.ts'

/** The tables of the report, without those of parts that did not run. Costs are ratios only, for any machine. */
export function sectionsOf(results: Results): Section[] {
  const { summaries, oneCode } = results
  return [
    ...(results.comparisons.length === 0 ? [] : [ratioSection(summaries)]),
    ...(oneCode === null ? [] : [codeSection(oneCode)]),
    ...seedSection(results),
    ...loadSection(results),
    ...storageSection(results),
    ...backlogSection(results),
    ...clusterSection(results),
    ...(oneCode === null ? [] : [sizingOf(oneCode)]),
    goalSection(results),
  ]
}

export function figure(spread: Spread | null, digits = 0, none = '-'): string {
  if (spread === null) return none
  return `${median(spread, digits)} (${spread.min.toFixed(digits)}-${spread.max.toFixed(digits)})`
}

export const median = (spread: Spread | null, digits = 0, none = '-') =>
  spread === null ? none : spread.median.toFixed(digits)

const ratioSection = (summaries: readonly Summary[]): Section => ({
  title: 'CPU time, as ratios',
  rows: [
    ['', 'requests per CPU-second, of bare Fastify', 'CPU, times its floor', 'Redis CPU, times its floor'],
    ...summaries
      .slice(1)
      .map((one) => [
        one.name,
        figure(one.ofBareFastify, 3, ''),
        figure(one.timesFloor, 2, ''),
        figure(one.timesFloorRedis, 2, ''),
      ]),
  ],
})

function codeSection({ idle, busy, bareMicros, otherCommands }: OneCode): Section {
  const row = (name: string, of: (cost: CodeCost) => string) => [name, of(idle), of(busy)]
  const inBare = (micros: number) => (micros / bareMicros).toFixed(1)
  const others = Object.entries(otherCommands).map(([name, count]) => `${name} ${count.toFixed(1)}`)
  return {
    title: 'One code from picture to verify, with its delivery receipt',
    rows: [
      ['', 'idle workers', 'under load'],
      row('scripts', ({ scripts }) => scripts.toFixed(1)),
      row('Redis CPU, in requests to bare Fastify', ({ redisMicros }) => inBare(redisMicros)),
      row('CPU of the API, in requests to bare Fastify', ({ apiMicros }) => inBare(apiMicros)),
      row('CPU of the worker, in requests to bare Fastify', ({ workerMicros }) => inBare(workerMicros)),
    ],
    note: `Other commands of one code with idle workers: ${others.join(', ')}.`,
  }
}

function seedSection(results: Results): Section[] {
  const rows = besideSeed(results).map(({ gatewayMs, times }) => [
    `gateway of ${gatewayMs} ms`,
    `${times.toFixed(1)} ×`,
  ])
  if (rows.length === 0) return []
  return [
    {
      title: 'Beside the seed (Django with Celery)',
      rows: [['CPU of API and worker for one message', 'the seed needs'], ...rows],
      note: 'The seed did not run here. Its figures of an earlier hour are divided by bare Fastify of that hour.',
    },
  ]
}

function loadSection({ steadyLoad, startUp }: Results): Section[] {
  const rows: string[][] = []
  if (steadyLoad !== null) {
    const { p50Ms, p99Ms, toGatewayMs, rssMegabytes, perSecond } = steadyLoad
    const at = (p50: number, p99: number) => `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`
    rows.push(
      [`answer to a send, ${perSecond} sends a second`, at(p50Ms, p99Ms)],
      ['from the answer to the gateway', at(toGatewayMs.p50, toGatewayMs.p99)],
      ['memory of the API after 5,000 sends', `${rssMegabytes.api.toFixed(0)} MB`],
      ['memory of the worker', `${rssMegabytes.worker.toFixed(0)} MB`],
    )
  }
  if (startUp !== null)
    rows.push(
      ['API, from start to ready', `${median(startUp.api)} ms`],
      ['worker, from start to ready', `${median(startUp.worker)} ms`],
    )
  return rows.length === 0 ? [] : [{ title: 'Latency, memory and start', rows: [['', 'figure'], ...rows] }]
}

function storageSection({ storage }: Results): Section[] {
  if (storage === null) return []
  return [
    {
      title: 'Memory of Redis',
      rows: [
        [
          'a code',
          'bytes at once',
          'after an hour',
          'a day of 1,000,000 codes',
          'keys that grow with each code',
        ],
        ...storage.map((one) => [
          one.hasIdempotencyKey ? 'with an Idempotency-Key' : 'without one',
          one.bytesAtOnce.toFixed(0),
          one.bytesAfterAnHour.toFixed(0),
          `${one.gigabytesOfMillion.toFixed(2)} GB`,
          one.growing.join(', ') || 'none',
        ]),
      ],
    },
  ]
}

function backlogSection({ backlog }: Results): Section[] {
  if (backlog === null) return []
  return [
    {
      title: 'With jobs waiting, beside an empty queue',
      rows: [
        ['jobs waiting', 'jobs per CPU-second of worker and Redis', 'Redis CPU to add a job'],
        ...backlog.map((one) => [
          one.waiting.toLocaleString('en'),
          `${figure(one.throughput, 2)} ×`,
          `${figure(one.addCost, 2)} ×`,
        ]),
      ],
    },
  ]
}

function clusterSection({ cluster }: Results): Section[] {
  if (cluster === null) return []
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`
  return [
    {
      title: `A Cluster of three nodes with ${cluster.shards} shards`,
      rows: [
        ['node', 'commands', 'scripts', 'CPU'],
        ...cluster.nodes.map(({ commands, scripts, cpu }, at) => [
          String(at + 1),
          percent(commands),
          percent(scripts),
          percent(cpu),
        ]),
      ],
      note: `Of ${cluster.tally.codes} codes, ${cluster.tally.lost} were accepted and lost. ${cluster.crossings} scripts touched two slots.`,
    },
  ]
}

const goalSection = (results: Results): Section => ({
  title: 'Goals',
  rows: [
    ['goal', 'figure', 'kept'],
    ...goalsOf(results)
      .filter(({ isKept }) => isKept !== null)
      .map(({ goal, figure: shown, isKept }) => [goal, shown, isKept === true ? 'yes' : 'no']),
  ],
})
