import { firstGatewayAt } from '@sms-codes/launcher/simulated-vendors'
import { productDrain, floorDrain } from './drains.ts'
import { drainRounds } from './drain-rounds.ts'
import { httpRounds } from './http-rounds.ts'
import type { Options } from './options.ts'
import { rssMegabytes } from './proc.ts'
import type { Progress } from './progress.ts'
import { runRounds, type Measured, type Subject } from './rounds.ts'
import { startStack, type Stack } from './stack.ts'
import { summarize } from './summary.ts'
import { helloVariant, imageVariant, sendVariant, verifyFloorVariant, verifyVariant } from './variants.ts'

export type Results = Awaited<ReturnType<typeof runBench>>
type Bench = { stack: Stack; base: Measured; options: Options; progress: Progress }

const API_PARTS = ['send', 'verify', 'image'] as const
const GATEWAY_DELAYS_MS = [0, 50]
const FLOOR_KEY = 'the key of the digests of the floor'

/** Measures the API without a worker, then the worker without the API, so that they do not compete for a core. */
export async function runBench(options: Options, progress: Progress) {
  const stack = await startStack(progress.say)
  try {
    const hello = await stack.startProgram('hello')
    const bench = {
      stack,
      base: httpRounds(stack, helloVariant(hello), options.seconds / 2),
      options,
      progress,
    }
    const api = API_PARTS.some((part) => options.only.includes(part)) ? await benchApi(bench) : null
    const worker = options.only.includes('worker') ? await benchWorker(bench) : null
    const comparisons = [...(api?.comparisons ?? []), ...(worker?.comparisons ?? [])]
    return {
      summaries: summarize(comparisons),
      rssMegabytes: { 'bare Fastify': rssMegabytes(hello.pid), ...api?.rss, ...worker?.rss },
      comparisons,
    }
  } finally {
    await stack.close()
  }
}

async function benchApi({ stack, base, options: { only, rounds, seconds }, progress }: Bench) {
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
  const sendFloor = await stack.startProgram('send-floor', stack.redisUrl)
  const verifyFloor = await stack.startProgram('verify-floor', stack.redisUrl, FLOOR_KEY)
  const subjects: Record<(typeof API_PARTS)[number], Subject> = {
    send: {
      floor: httpRounds(stack, sendVariant('floor of send', sendFloor, stack), seconds),
      product: httpRounds(stack, sendVariant('send', api, stack), seconds),
    },
    verify: {
      floor: httpRounds(stack, verifyFloorVariant(verifyFloor, stack, FLOOR_KEY), seconds),
      product: httpRounds(stack, verifyVariant(api, stack), seconds),
    },
    image: { floor: null, product: httpRounds(stack, imageVariant(api), seconds) },
  }
  const chosen = API_PARTS.filter((part) => only.includes(part)).map((part) => subjects[part])
  const comparisons = await runRounds({ base, subjects: chosen, rounds, onRound: progress.round })
  const rss = { api: rssMegabytes(api.pid) }
  await Promise.all([api, sendFloor, verifyFloor].map(async (one) => one.stop()))
  return { comparisons, rss }
}

async function benchWorker({ stack, base, options: { rounds }, progress }: Bench) {
  await stack.redis.flushall('SYNC')
  const gateway = await stack.startProgram('gateway-endpoint')
  const address = `http://127.0.0.1:${gateway.port}`
  const worker = await stack.startApp('worker', firstGatewayAt(address))
  const bare = await stack.startProgram('worker-floor', stack.redisUrl, address)
  const subjects = GATEWAY_DELAYS_MS.map((gatewayDelayMs) => ({
    floor: drainRounds(stack, floorDrain(stack, { worker: bare, gateway, gatewayDelayMs })),
    product: drainRounds(stack, productDrain(stack, { worker, gateway, gatewayDelayMs })),
  }))
  const comparisons = await runRounds({ base, subjects, rounds, onRound: progress.round })
  const rss = { worker: rssMegabytes(worker.pid) }
  await Promise.all([worker, bare, gateway].map(async (one) => one.stop()))
  return { comparisons, rss }
}
