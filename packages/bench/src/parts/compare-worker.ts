import type { Bench } from '../bench.ts'
import { floorDrain, productDrain } from '../drains.ts'
import { drainRounds } from '../drain-rounds.ts'
import { firstGatewayAt } from '@sms-codes/launcher/simulated-vendors'
import { runRounds, type Comparison } from '../rounds.ts'

const GATEWAY_DELAYS_MS = [0, 50]

/** Compares the worker with its floor, without the API. */
export async function compareWorker({ stack, base, options, progress }: Bench): Promise<Comparison[]> {
  await stack.redis.flushall('SYNC')
  const gateway = await stack.startProgram('gateway-endpoint')
  const address = `http://127.0.0.1:${gateway.port}`
  const { env, policy } = firstGatewayAt(address)
  const worker = await stack.startApp('worker', env, policy)
  const bare = await stack.startProgram('worker-floor', stack.redisUrl, address)
  const subjects = GATEWAY_DELAYS_MS.map((gatewayDelayMs) => ({
    floor: drainRounds(stack, floorDrain(stack, { worker: bare, gateway, gatewayDelayMs })),
    product: drainRounds(stack, productDrain(stack, { worker, gateway, gatewayDelayMs })),
  }))
  const { rounds } = options
  const comparisons = await runRounds({ base, subjects, rounds, onRound: progress.round })
  await Promise.all([worker, bare, gateway].map(async (one) => one.stop()))
  return comparisons
}
