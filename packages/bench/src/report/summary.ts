import type { Comparison, Round } from '../rounds.ts'
import { spreadOf, type Spread } from '../statistics.ts'

/** The figures of the valid rounds of one name. A figure is null when no round was valid. */
export type Summary = {
  name: string
  validRounds: number
  invalidRounds: number
  successesPerCpuSecond: Spread | null
  cpuMicros: Spread | null
  redisCpuMicros: Spread | null
  /** Successes per CPU second, divided by those of the round of bare Fastify directly before. */
  ofBareFastify: Spread | null
  /** CPU per success, divided by that of the round of the floor directly before. Null without a floor. */
  timesFloor: Spread | null
  timesFloorRedis: Spread | null
  successesPerSecond: Spread | null
  p50Ms: Spread | null
  p99Ms: Spread | null
}

export const cpuMicrosOf = ({ serverCpu, successes }: Round) => (1e6 * serverCpu) / successes
const redisCpuOf = ({ redisCpu, successes }: Round) => (1e6 * redisCpu) / successes
export const perCpuSecond = ({ successes, serverCpu }: Round) => successes / serverCpu

/** One summary of bare Fastify, and then one of each floor and product. */
export function summarize(comparisons: readonly Comparison[]): Summary[] {
  const products = [...new Set(comparisons.map(({ product }) => product.name))]
  return [
    summaryOf(comparisons.map(({ base }) => ({ round: base, base: null, floor: null }))),
    ...products.flatMap((name) => {
      const own = comparisons.filter(({ product }) => product.name === name)
      const floors = own.flatMap(({ base, floor }) =>
        floor === null ? [] : [{ round: floor, base, floor: null }],
      )
      const rounds = own.map(({ base, floor, product }) => ({ round: product, base, floor }))
      return floors.length === 0 ? [summaryOf(rounds)] : [summaryOf(floors), summaryOf(rounds)]
    }),
  ]
}

type Compared = { round: Round; base: Round | null; floor: Round | null }

function summaryOf(compared: readonly Compared[]): Summary {
  const valid = compared.filter(({ round }) => round.fault === null)
  const spread = (of: (round: Round) => number) => spreadOf(valid.map(({ round }) => of(round)))
  /** The quotients of the rounds that have a valid round to compare with. */
  const ratios = (to: 'base' | 'floor', of: (round: Round) => number) =>
    spreadOf(
      valid.flatMap(({ round, [to]: other }) =>
        other === null || other.fault !== null ? [] : [of(round) / of(other)],
      ),
    )
  const latency = (of: 'p50Ms' | 'p99Ms') =>
    spreadOf(valid.flatMap(({ round }) => (round.latency === null ? [] : [round.latency[of]])))
  return {
    name: compared[0]?.round.name ?? '',
    validRounds: valid.length,
    invalidRounds: compared.length - valid.length,
    successesPerCpuSecond: spread(perCpuSecond),
    cpuMicros: spread(cpuMicrosOf),
    redisCpuMicros: spread(redisCpuOf),
    ofBareFastify: ratios('base', perCpuSecond),
    timesFloor: ratios('floor', cpuMicrosOf),
    timesFloorRedis: ratios('floor', redisCpuOf),
    successesPerSecond: spread(({ successes, seconds }) => successes / seconds),
    p50Ms: latency('p50Ms'),
    p99Ms: latency('p99Ms'),
  }
}
