import type { ApiRound, Pair } from './api-rounds.ts'
import { spreadOf, type Spread } from './statistics.ts'
import type { WorkerRound } from './worker-rounds.ts'

/** The figures of a variant's valid rounds. They are null when no round was valid. */
export type VariantSummary = {
  variant: string
  validRounds: number
  invalidRounds: number
  successesPerCpuSecond: Spread | null
  cpuMicrosPerSuccess: Spread | null
  /** Successes per CPU second, divided by those of the round of bare Fastify directly before. */
  ratioToBareFastify: Spread | null
  redisCpuMicrosPerSuccess: Spread | null
  successesPerSecond: Spread | null
  p50Ms: Spread | null
  p99Ms: Spread | null
}

export function summarize(pairs: readonly Pair[]): VariantSummary[] {
  const names = new Set(pairs.map(({ round }) => round.variant))
  const bases = pairs.map(({ base }) => base)
  return [
    summaryOf(bases, []),
    ...[...names].map((name) => {
      const own = pairs.filter(({ round }) => round.variant === name)
      const sound = own.filter(({ base, round }) => base.fault === null && round.fault === null)
      return summaryOf(
        own.map(({ round }) => round),
        sound.map(({ base, round }) => perCpuSecond(round) / perCpuSecond(base)),
      )
    }),
  ]
}

function summaryOf(rounds: readonly ApiRound[], ratios: number[]): VariantSummary {
  const valid = rounds.filter(({ fault }) => fault === null)
  const spread = (of: (round: ApiRound) => number) => spreadOf(valid.map(of))
  return {
    variant: rounds[0]?.variant ?? '',
    validRounds: valid.length,
    invalidRounds: rounds.length - valid.length,
    successesPerCpuSecond: spread(perCpuSecond),
    cpuMicrosPerSuccess: spread((round) => 1e6 / perCpuSecond(round)),
    ratioToBareFastify: spreadOf(ratios),
    redisCpuMicrosPerSuccess: spread(({ redisCpu, successes }) => (1e6 * redisCpu) / successes),
    successesPerSecond: spread(({ successes, seconds }) => successes / seconds),
    p50Ms: spread(({ p50Ms }) => p50Ms),
    p99Ms: spread(({ p99Ms }) => p99Ms),
  }
}

export function perCpuSecond({ successes, serverCpu }: ApiRound): number {
  return successes / serverCpu
}

export function summarizeWorker(rounds: readonly WorkerRound[]) {
  const valid = rounds.filter(({ fault }) => fault === null)
  const spread = (of: (round: WorkerRound) => number) => spreadOf(valid.map(of))
  return {
    validRounds: valid.length,
    invalidRounds: rounds.length - valid.length,
    cpuMsPerJob: spread(({ serverCpu, jobs }) => (1e3 * serverCpu) / jobs),
    redisCpuMsPerJob: spread(({ redisCpu, jobs }) => (1e3 * redisCpu) / jobs),
    jobsPerSecond: spread(({ jobs, seconds }) => jobs / seconds),
  }
}
export type WorkerSummary = ReturnType<typeof summarizeWorker>
