import { openConnection } from './connection.ts'
import { emptyRedis } from './empty-redis.ts'
import { runLoad } from './load.ts'
import { startMeter } from './meter.ts'
import type { Measured, Round } from './rounds.ts'
import { quantile } from './statistics.ts'
import type { Stack } from './stack.ts'
import type { Variant } from './variants.ts'

const CONNECTIONS = 50
const FIRST_GUESS_PER_SECOND = 5_000
const WARM_UP_SECONDS = 2

/** Rounds of one kind of request, as fast as the server answers them. */
export function httpRounds(stack: Stack, variant: Variant, seconds: number): Measured {
  let perSecond = FIRST_GUESS_PER_SECOND
  return {
    name: variant.name,
    async run(number) {
      const forSeconds = number === 0 ? WARM_UP_SECONDS : seconds
      const round = await measure(stack, variant, forSeconds, Math.ceil(perSecond * forSeconds * 1.4))
      if (round.fault === null) perSecond = round.successes / round.seconds
      return round
    },
  }
}

async function measure(
  { redis, redisPid }: Stack,
  variant: Variant,
  seconds: number,
  count: number,
): Promise<Round> {
  await emptyRedis(redis)
  const requests = await variant.prepare(count)
  const { port, pid: serverPid } = variant.server
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => openConnection(port)))
  const stopMeter = startMeter({ serverPid, redisPid })
  const { name } = variant
  try {
    const load = await runLoad({ connections, requests, seconds, accepts: variant.accepts })
    const { successes, unexpected, firstUnexpected, latenciesMs } = load
    const fault = unexpected === 0 ? null : `${unexpected} unexpected answers, the first: ${firstUnexpected}`
    const latency = { p50Ms: quantile(latenciesMs, 0.5), p99Ms: quantile(latenciesMs, 0.99) }
    return { ...stopMeter(), name, successes, fault, latency }
  } catch (err) {
    const fault = err instanceof Error ? err.message : String(err)
    return { ...stopMeter(), name, successes: 0, fault, latency: null }
  } finally {
    for (const connection of connections) connection.close()
  }
}
