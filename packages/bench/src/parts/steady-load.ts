import { performance } from 'node:perf_hooks'
import { API_ENV, API_POLICY } from '../api-env.ts'
import type { Bench } from '../bench.ts'
import { startGateway } from '../gateway.ts'
import { runOpenLoop } from '../open-loop.ts'
import { openPool } from '../pool.ts'
import { rssMegabytes } from '../proc.ts'
import { isSent, prepareSends } from '../requests.ts'
import { quantile } from '../statistics.ts'

export type SteadyLoad = Awaited<ReturnType<typeof benchSteadyLoad>>

const SENDS = 5_000
const PER_SECOND = 500
/** The first sends compile the code and are not part of the latencies. */
const WARM_UP_SENDS = 1_000
const CONNECTIONS = 100

/** Measures latencies at 500 sends a second, and the memory of both processes after 5,000 sends. */
export async function benchSteadyLoad({ stack, progress }: Bench) {
  const { redis } = stack
  await redis.flushall('SYNC')
  const gateway = await startGateway()
  const api = await stack.startApp('api', API_ENV, API_POLICY)
  const worker = await stack.startApp('worker', gateway.worker.env, gateway.worker.policy)
  const pool = await openPool(api.port, CONNECTIONS)
  const latenciesMs: number[] = []
  const toGatewayMs: number[] = []
  let refused = 0

  progress.say(`steady load: ${SENDS} sends, ${PER_SECOND} a second`)
  const sends = await prepareSends(redis, SENDS)
  await runOpenLoop({
    items: sends.map((send, at) => ({ ...send, isCounted: at >= WARM_UP_SENDS })),
    perSecond: PER_SECOND,
    async send({ mobile, request, isCounted }, dueAt) {
      if (!isSent(await pool.ask(request))) {
        refused += 1
        return
      }
      const acceptedAt = performance.now()
      const message = await gateway.received(mobile)
      if (!isCounted || message === null) return
      latenciesMs.push(acceptedAt - dueAt)
      toGatewayMs.push(message.atMs - acceptedAt)
    },
  })
  const rss = { api: rssMegabytes(api.pid), worker: rssMegabytes(worker.pid) }
  const calls = gateway.taken()
  pool.close()
  await Promise.all([api.stop(), worker.stop(), gateway.close()])
  const at = (values: number[], share: number) =>
    quantile(
      values.toSorted((a, b) => a - b),
      share,
    )
  return {
    perSecond: PER_SECOND,
    fault: calls === SENDS && refused === 0 ? null : `${refused} of ${SENDS} refused, ${calls} calls`,
    p50Ms: at(latenciesMs, 0.5),
    p99Ms: at(latenciesMs, 0.99),
    /** From the answer of the API to the call of the gateway. It is negative if the worker was faster. */
    toGatewayMs: { p50: at(toGatewayMs, 0.5), p99: at(toGatewayMs, 0.99) },
    rssMegabytes: rss,
  }
}
