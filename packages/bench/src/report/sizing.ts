import type { OneCode } from '../parts/one-code.ts'
import type { Section } from './section.ts'

const CODES_PER_SECOND = [100, 1_000, 5_000, 20_000]
const GATEWAY_SECONDS = 0.25
/** The default of WORKER_CONCURRENCY, and a value for many codes. */
const CONCURRENCIES = [50, 200]
/** At the peak, every core is half busy. */
const LOAD = 0.5
/** The largest queues.shards. */
const MOST_SHARDS = 16

/** The processes, cores and Redis nodes that so many codes a second need, from the cost of a code under load. */
export function sizingOf({ busy }: OneCode): Section {
  const cores = (rate: number, micros: number) => (rate * micros) / 1e6 / LOAD
  return {
    title: 'Sizing for the peak, with every core half busy',
    rows: [
      [
        'codes a second',
        'API processes',
        'cores of the workers',
        ...CONCURRENCIES.map((messages) => `workers of ${messages} messages at once`),
        'primaries of Redis',
        'shards',
      ],
      ...CODES_PER_SECOND.map((rate) => {
        const api = Math.max(2, Math.ceil(cores(rate, busy.apiMicros)))
        const workerCores = Math.ceil(cores(rate, busy.workerMicros))
        // One more than needed, so that one can be replaced at the peak.
        const workers = CONCURRENCIES.map(
          (messages) => Math.max(workerCores, Math.ceil((rate * GATEWAY_SECONDS) / messages)) + 1,
        )
        const redisCores = cores(rate, busy.redisMicros)
        const primaries = redisCores <= 1 ? 1 : Math.max(3, Math.ceil(redisCores))
        // More shards than primaries, because the slots of several shards may lie on one primary.
        const shards = primaries === 1 ? 1 : Math.min(MOST_SHARDS, primaries + 1)
        return [rate.toLocaleString('en'), ...[api, workerCores, ...workers, primaries, shards].map(String)]
      }),
    ],
    note: `A gateway answers in ${GATEWAY_SECONDS * 1000} ms. A code is one picture, one send, one verify and one delivery receipt.`,
  }
}
