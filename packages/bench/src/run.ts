import type { Bench } from './bench.ts'
import { httpRounds } from './http-rounds.ts'
import type { Options, Part } from './options.ts'
import { benchBacklog } from './parts/backlog.ts'
import { benchCluster } from './parts/cluster.ts'
import { API_PARTS, compareApi } from './parts/compare-api.ts'
import { compareWorker } from './parts/compare-worker.ts'
import { benchOneCode } from './parts/one-code.ts'
import { benchStartUp } from './parts/start-up.ts'
import { benchSteadyLoad } from './parts/steady-load.ts'
import { benchStorage } from './parts/storage.ts'
import type { Progress } from './progress.ts'
import { summarize } from './report/summary.ts'
import { startStack } from './stack.ts'
import { helloVariant } from './variants.ts'

export type Results = Awaited<ReturnType<typeof runBench>>

/** Runs the chosen parts one after the other on one Redis. The result of a part that was not chosen is null. */
export async function runBench(options: Options, progress: Progress) {
  const stack = await startStack(progress.say, options.profile)
  try {
    const hello = await stack.startProgram('hello')
    const base = httpRounds(stack, helloVariant(hello), options.seconds / 2)
    const bench: Bench = { stack, base, options, progress }
    const has = (part: Part) => options.only.includes(part)
    const run = async <T>(part: Part, work: (bench: Bench) => Promise<T>) => (has(part) ? work(bench) : null)
    const api = API_PARTS.some(has) ? await compareApi(bench) : []
    const worker = has('worker') ? await compareWorker(bench) : []
    const comparisons = [...api, ...worker]
    return {
      summaries: summarize(comparisons),
      oneCode: await run('code', benchOneCode),
      steadyLoad: await run('latency', benchSteadyLoad),
      startUp: await run('start', benchStartUp),
      storage: await run('storage', benchStorage),
      backlog: await run('backlog', benchBacklog),
      cluster: await run('cluster', benchCluster),
      comparisons,
    }
  } finally {
    await stack.close()
  }
}
