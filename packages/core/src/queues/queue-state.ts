import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { keys } from '../redis/keys.ts'
import { createScript } from '../redis/script.ts'
import { QUEUE_PREFIX } from './queue-options.ts'
import { CHECK, SMS_QUEUE } from './send-queue.ts'

// How many jobs are examined at each end of the waiting, the active and the delayed jobs.
const MOST_EXAMINED = 100
/** The mark of an acceptance expires after this time, so a longer time without acceptance reads as this time. */
const KEEP_MS = 3_600_000
const MARK_EVERY_MS = 500

/**
 * From this time without an acceptance on, sends are refused. An outage may cost the sends of its first 15 s. One
 * second of the difference is the age of the API's answer from Redis, and one the time to the first send.
 */
export const STALLED_AFTER_MS = 13_000

/**
 * Returns a function that reads the state of a queue. Times are in ms since 1970 by the clock of the process that
 * added the job; null if there is no such job. @throws StoreError when the function is called
 */
export function createQueueState(redis: RedisClient) {
  const script = createScript(redis, new URL('./lua/queue-state.lua', import.meta.url))
  return async (name: string) => {
    const queue = `${QUEUE_PREFIX}:${name}:`
    const structures = ['wait', 'active', 'delayed', 'meta'].map((key) => `${queue}${key}`)
    const reply = await script([...structures, keys.accepted(name)], [queue, MOST_EXAMINED, KEEP_MS, CHECK])
    return {
      isPaused: reply.number('paused') === 1,
      /** When the oldest job was added that has waited for its first worker since. */
      untakenSince: reply.number('untaken') || null,
      /** When the oldest send was added that no gateway has accepted yet, whether it waits, runs or is retried. */
      unacceptedSince: reply.number('unaccepted') || null,
      /** The number of such sends. The number is too low if the queue is long. */
      sends: reply.number('sends'),
      acceptedAgoMs: reply.number('accepted_ago'),
    }
  }
}
export type QueueState = Awaited<ReturnType<ReturnType<typeof createQueueState>>>

/** The age of a job in ms. It is 0 without a job, or if the clock of the host that added the job is ahead. */
export const ageOf = (addedAt: number | null, now = Date.now()): number =>
  addedAt === null ? 0 : Math.max(0, now - addedAt)

/** For how many ms sends have waited while no gateway accepted any; 0 if no send waits. */
export const stalledMs = ({ unacceptedSince, acceptedAgoMs }: QueueState, now = Date.now()): number =>
  Math.min(ageOf(unacceptedSince, now), acceptedAgoMs)

/** Returns a function that marks that a gateway accepted a message now. A lost mark is made up for by the next. */
export function createAcceptanceMark(redis: RedisClient, name: string) {
  let markedAt = -Infinity
  return (): void => {
    const now = performance.now()
    if (now - markedAt < MARK_EVERY_MS) return
    markedAt = now
    // The life of the key measures the time by the clock of Redis.
    redis.set(keys.accepted(name), '1', 'PX', KEEP_MS).catch(() => (markedAt = -Infinity))
  }
}

/** Answers whether this request may pass as a probe: at most one a second over all processes. @throws StoreError */
export const takeProbe = async (redis: RedisClient): Promise<boolean> =>
  (await asStoreError('probe', redis.set(keys.deliveryProbe, '1', 'PX', 1_000, 'NX'))) === 'OK'

/**
 * Returns a function for `/readyz` that tells why sends by SMS are refused; null if they are not. The process stays
 * ready, because neither a restart nor another process would help, and the API still serves everything else.
 */
export function createDeliveryRemark(redis: RedisClient) {
  const stateOf = createQueueState(redis)
  return async (): Promise<string | null> => {
    const state = await stateOf(SMS_QUEUE)
    if (state.isPaused) return `the queue ${SMS_QUEUE} is paused`
    const ms = stalledMs(state)
    return ms < STALLED_AFTER_MS ? null : `no gateway has accepted a message for ${Math.round(ms / 1000)} s`
  }
}
