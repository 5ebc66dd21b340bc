import { openConnection } from './connection.ts'
import { emptyRedis } from './empty-redis.ts'
import { runLoad } from './load.ts'
import { startMeter, type Reading } from './meter.ts'
import { quantile } from './statistics.ts'
import type { Stack } from './stack.ts'
import type { Variant } from './variants.ts'

export type ApiRound = Reading & {
  variant: string
  successes: number
  /** Why the round is invalid, or null. */
  fault: string | null
  p50Ms: number
  p99Ms: number
}
/** A round of the API, and the round of bare Fastify directly before it. */
export type Pair = { base: ApiRound; round: ApiRound }

export type ApiRoundsOptions = {
  stack: Stack
  base: Variant
  variants: readonly Variant[]
  rounds: number
  seconds: number
  onRound: (round: ApiRound, number: number) => void
}

const CONNECTIONS = 50
const FIRST_GUESS_PER_SECOND = 10_000
const WARM_UP_SECONDS = 1

/** Runs every variant in turn, each after a round of the base, so that a change of the machine's speed affects both. */
export async function runApiRounds(options: ApiRoundsOptions): Promise<Pair[]> {
  const { stack, base, variants, rounds, seconds, onRound } = options
  const rates = new Map<Variant, number>()
  const pairs: Pair[] = []

  async function run(variant: Variant, forSeconds: number, number: number): Promise<ApiRound> {
    const perSecond = rates.get(variant) ?? FIRST_GUESS_PER_SECOND
    const round = await measure(stack, variant, forSeconds, Math.ceil(perSecond * forSeconds * 1.4))
    if (round.fault === null) rates.set(variant, round.successes / round.seconds)
    onRound(round, number)
    return round
  }

  // Round 0 warms up the servers and shows how many requests the next rounds need.
  for (let number = 0; number <= rounds; number += 1) {
    const forSeconds = number === 0 ? WARM_UP_SECONDS : seconds
    for (const variant of variants) {
      const before = await run(base, forSeconds / 2, number)
      const round = await run(variant, forSeconds, number)
      if (number > 0) pairs.push({ base: before, round })
    }
  }
  return pairs
}

async function measure(
  { redis, redisPid }: Stack,
  variant: Variant,
  seconds: number,
  count: number,
): Promise<ApiRound> {
  await emptyRedis(redis)
  const requests = await variant.prepare(count)
  const { port, pid: serverPid } = variant.server
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => openConnection(port)))
  const stopMeter = startMeter({ serverPid, redisPid })
  try {
    const load = await runLoad({ connections, requests, seconds, accepts: variant.accepts })
    const { successes, unexpected, firstUnexpected, latenciesMs } = load
    const fault = unexpected === 0 ? null : `${unexpected} unexpected answers, the first: ${firstUnexpected}`
    const p50Ms = quantile(latenciesMs, 0.5)
    const p99Ms = quantile(latenciesMs, 0.99)
    return { ...stopMeter(), variant: variant.name, successes, fault, p50Ms, p99Ms }
  } catch (err) {
    const fault = err instanceof Error ? err.message : String(err)
    return { ...stopMeter(), variant: variant.name, successes: 0, fault, p50Ms: 0, p99Ms: 0 }
  } finally {
    for (const connection of connections) connection.close()
  }
}
