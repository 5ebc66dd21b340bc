import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { keys } from '../redis/keys.ts'
import { createScript } from '../redis/script.ts'
import { QUEUE_PREFIX } from './queue-options.ts'
import { CHECK, SMS_QUEUE } from './send-queue.ts'

// How many jobs are examined at each end of the waiting, the active and the delayed jobs.
const MOST_EXAMINED = 100
/** The mark of an acceptance expires after this time, so a longer time without acceptance reads as this time. */
const KEEP_MS = 86_400_000
const MARK_EVERY_MS = 500

/**
 * From this time without an acceptance on, sends are refused. An outage may cost the sends of its first 15 s. One
 * second of the difference is the age of the API's answer from Redis, and one the time to the first send.
 */
export const STALLED_AFTER_MS = 13_000

/**
 * Returns a function that reads the state of a queue at the time `now`, by the clock of the hosts that add jobs.
 * @throws StoreError when the function is called
 */
export function createQueueState(redis: RedisClient) {
  const script = createScript(redis, new URL('./lua/queue-state.lua', import.meta.url))
  return async (name: string, now = Date.now()) => {
    const queue = `${QUEUE_PREFIX}:${name}:`
    const structures = ['wait', 'active', 'delayed', 'meta'].map((key) => `${queue}${key}`)
    const args = [queue, MOST_EXAMINED, KEEP_MS, CHECK, Math.round(now)]
    const reply = await script([...structures, keys.accepted(name)], args)
    const ageOf = (what: 'untaken' | 'unaccepted') => (reply.number(what) < 0 ? null : reply.number(what))
    return {
      isPaused: reply.number('paused') === 1,
      /** The age of the oldest job that has waited for its first worker since; null if there is no such job. */
      untakenMs: ageOf('untaken'),
      /** The age of the oldest send that no gateway has accepted yet, whether it waits, runs or is retried. */
      unacceptedMs: ageOf('unaccepted'),
      /** The number of such sends. The number is too low if the queue is long. */
      sends: reply.number('sends'),
      /** For how long no gateway has accepted a message although sends wait, or one ended without that; else 0. */
      stalledMs: reply.number('stalled'),
    }
  }
}
export type QueueState = Awaited<ReturnType<ReturnType<typeof createQueueState>>>

/**
 * Marks in Redis whether a gateway accepted the last send that ended. The life of the mark measures the time since the
 * last acceptance, by the clock of Redis. A mark that Redis did not take is made up for by the next one.
 */
export function createAcceptanceMark(redis: RedisClient, name: string) {
  const markedAt = { accepted: -Infinity, lost: -Infinity }
  function mayMark(what: 'accepted' | 'lost'): boolean {
    if (performance.now() - markedAt[what] < MARK_EVERY_MS) return false
    // The mark of the other kind is not valid any more.
    markedAt.accepted = markedAt.lost = -Infinity
    markedAt[what] = performance.now()
    return true
  }
  const forget = () => (markedAt.accepted = markedAt.lost = -Infinity)
  return {
    accepted(): void {
      if (mayMark('accepted')) redis.set(keys.accepted(name), '1', 'PX', KEEP_MS).catch(forget)
    },
    /** A send ended, and its gateways did not accept it in time. */
    lost(): void {
      if (mayMark('lost')) redis.set(keys.accepted(name), '0', 'KEEPTTL').catch(forget)
    },
  }
}
export type AcceptanceMark = ReturnType<typeof createAcceptanceMark>

/** Answers whether no request passed as a probe in the last second, over all processes. @throws StoreError */
export const isProbeFree = async (redis: RedisClient): Promise<boolean> =>
  (await asStoreError('probe', redis.exists(keys.deliveryProbe))) === 0

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
    const { isPaused, stalledMs: ms } = await stateOf(SMS_QUEUE)
    if (isPaused) return `the queue ${SMS_QUEUE} is paused`
    return ms < STALLED_AFTER_MS ? null : `no gateway has accepted a message for ${Math.round(ms / 1000)} s`
  }
}
