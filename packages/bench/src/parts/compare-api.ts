import { API_ENV, API_POLICY } from '../api-env.ts'
import type { Bench } from '../bench.ts'
import { httpRounds } from '../http-rounds.ts'
import type { Part } from '../options.ts'
import { runRounds, type Comparison, type Subject } from '../rounds.ts'
import { imageVariant, sendVariant, verifyFloorVariant, verifyVariant } from '../variants.ts'

export const API_PARTS = ['send', 'verify', 'image'] as const satisfies Part[]
const FLOOR_KEY = 'the key of the digests of the floor'

/** Compares the API with its floors, without a worker, so that they do not compete for a core. */
export async function compareApi({ stack, base, options, progress }: Bench): Promise<Comparison[]> {
  const { only, rounds, seconds } = options
  const api = await stack.startApp('api', API_ENV, API_POLICY)
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
  await Promise.all([api, sendFloor, verifyFloor].map(async (one) => one.stop()))
  return comparisons
}
