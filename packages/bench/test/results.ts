import type { Results } from '@sms-codes/bench/run'
import type { Round } from '@sms-codes/bench/rounds'

/** A round in which each success took so many microseconds of the server and of Redis. */
export function roundOf(name: string, micros: number, redisMicros = 0, fault: string | null = null): Round {
  const successes = 1_000
  return {
    name,
    successes,
    fault,
    latency: null,
    seconds: 1,
    serverCpu: (micros * successes) / 1e6,
    redisCpu: (redisMicros * successes) / 1e6,
    generatorCpu: 0,
    others: 0,
  }
}

/** The results of a run in which no part ran. */
export const NOTHING: Results = {
  summaries: [],
  oneCode: null,
  steadyLoad: null,
  startUp: null,
  storage: null,
  backlog: null,
  cluster: null,
  comparisons: [],
}
