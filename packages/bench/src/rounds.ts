import type { Reading } from './meter.ts'

export type Round = Reading & {
  name: string
  successes: number
  /** Why the round is invalid, or null. */
  fault: string | null
  latency: { p50Ms: number; p99Ms: number } | null
}
/** One kind of round. Round 0 warms up the measured process. */
export type Measured = { name: string; run: (number: number) => Promise<Round> }
/** What is measured, and the least that its stack (Fastify, BullMQ, Redis) needs for the same service. */
export type Subject = { product: Measured; floor: Measured | null }
/** A round of the product, and the rounds of its floor and of bare Fastify directly before it. */
export type Comparison = { base: Round; floor: Round | null; product: Round }

export type RoundsOptions = {
  base: Measured
  subjects: readonly Subject[]
  rounds: number
  onRound: (round: Round, number: number) => void
}

/** Runs every subject in turn, each after its base and floor, so that a change of the machine's speed affects all. */
export async function runRounds({ base, subjects, rounds, onRound }: RoundsOptions): Promise<Comparison[]> {
  async function run(measured: Measured, number: number): Promise<Round> {
    const round = await measured.run(number)
    onRound(round, number)
    return round
  }

  const comparisons: Comparison[] = []
  for (let number = 0; number <= rounds; number += 1)
    for (const { product, floor } of subjects) {
      const comparison = {
        base: await run(base, number),
        floor: floor === null ? null : await run(floor, number),
        product: await run(product, number),
      }
      if (number > 0) comparisons.push(comparison)
    }
  return comparisons
}
