import { firstGatewayAt } from '@sms-codes/launcher/simulated-vendors'
import { runApiRounds } from './api-rounds.ts'
import type { Options } from './options.ts'
import { rssMegabytes } from './proc.ts'
import type { Progress } from './progress.ts'
import { startStack, type Stack } from './stack.ts'
import { summarize, summarizeWorker } from './summary.ts'
import { apiVariants, helloVariant } from './variants.ts'
import { runWorkerRounds } from './worker-rounds.ts'

export type Results = Awaited<ReturnType<typeof runBench>>

/** Measures the API without a worker, then the worker without the API, so that they do not compete for a core. */
export async function runBench(options: Options, progress: Progress) {
  const stack = await startStack(progress.say)
  try {
    const api = await benchApi(stack, options, progress)
    const worker = await benchWorker(stack, options, progress)
    return {
      variants: summarize(api.pairs),
      worker: summarizeWorker(worker.measured),
      rssMegabytes: { ...api.rss, ...worker.rss },
      rounds: { api: api.pairs, worker: worker.measured },
    }
  } finally {
    await stack.close()
  }
}

async function benchApi(stack: Stack, { rounds, seconds }: Options, progress: Progress) {
  const hello = await stack.startOwn('hello')
  // The load generator acts as a trusted proxy, so it can send another client address with each request. Every
  // limit is checked and none is reached, although a round sends in seconds what a service sends in a day.
  const api = await stack.startApp('api', {
    TRUST_PROXY: '127.0.0.1',
    LIMIT_SUBNET_IMAGES: '1000000/60',
    LIMIT_SUBNET_ATTEMPTS: '1000000/600',
    LIMIT_SUBNET_VERIFIES: '1000000/300',
    LIMIT_SUBNET_SENDS: '1000000/3600',
    LIMIT_SEGMENT_SENDS: '1000000/60',
    BUDGET_MESSAGES: '1000000/3600,5000000/86400',
    // Off, because no worker empties the queue.
    QUEUE_MAX_AGE_SECONDS: '0',
  })
  const pairs = await runApiRounds({
    stack,
    base: helloVariant(hello),
    variants: apiVariants(api, stack),
    rounds,
    seconds,
    onRound: progress.apiRound,
  })
  const rss = { api: rssMegabytes(api.pid), 'bare Fastify': rssMegabytes(hello.pid) }
  await Promise.all([hello.stop(), api.stop()])
  return { pairs, rss }
}

async function benchWorker(stack: Stack, { rounds }: Options, progress: Progress) {
  await stack.redis.flushall('SYNC')
  const gateway = await stack.startOwn('gateway-endpoint')
  const worker = await stack.startApp('worker', firstGatewayAt(`http://127.0.0.1:${gateway.port}`))
  const measured = await runWorkerRounds(stack, worker.pid, rounds, progress.workerRound)
  return { measured, rss: { worker: rssMegabytes(worker.pid) } }
}
