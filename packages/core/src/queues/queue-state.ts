import { asStoreError, type RedisClient } from '../redis/connect.ts'
import { keys } from '../redis/keys.ts'
import { createScript } from '../redis/script.ts'
import { toKeyOf } from './queue-options.ts'
import { SMS_QUEUE } from './send-queue.ts'
import { EVERY_SMS_QUEUE, smsQueues } from './shards.ts'

// How many jobs are examined at each end of the waiting, the active and the delayed jobs.
const MOST_EXAMINED = 100
/** A process writes the mark at most once in this time while its sends are accepted. */
const MARK_EVERY_MS = 1_000
/** The mark of an acceptance expires after this time, so a longer time without acceptance reads as this time. */
const KEEP_MS = 86_400_000

/**
 * From this time without an acceptance on, sends are refused. An outage may cost the sends of its first 15 s. The API
 * uses a state that may be 1 s old, and the time begins with the first send of the outage, which may come after 1 s.
 */
export const STALLED_AFTER_MS = 13_000

/** Half of the default time to send. */
const OVERDUE_AFTER_MS = 60_000

/**
 * Returns a function that reads the state of a queue at the time `now`, by the clock of the hosts that add jobs.
 * @throws StoreError when the function is called
 */
export function createQueueState(redis: RedisClient) {
  const script = createScript(redis, new URL('./lua/queue-state.lua', import.meta.url))
  return async (name: string, now = Date.now()) => {
    const toKey = toKeyOf(name)
    const structures = ['wait', 'active', 'delayed', 'failed', 'meta'].map(toKey)
    const args = [toKey(''), MOST_EXAMINED, Math.round(now), OVERDUE_AFTER_MS]
    const [reply, mark] = await Promise.all([script(structures, args), readMark(redis, name)])
    const ageOf = (what: 'untaken' | 'unaccepted') => (reply.number(what) < 0 ? null : reply.number(what))
    const unacceptedMs = ageOf('unaccepted')
    const [waiting, active] = [reply.number('waiting'), reply.number('active')]
    return {
      jobs: { waiting, active, delayed: reply.number('delayed'), failed: reply.number('failed') },
      isPaused: reply.number('paused') === 1,
      /** The age of the oldest job that has waited for its first worker since; null if there is no such job. */
      untakenMs: ageOf('untaken'),
      /** The age of the oldest send that no gateway has accepted yet, whether it waits, runs or is retried. */
      unacceptedMs,
      /** The number of such sends. The number is too low if the queue is long. */
      sends: reply.number('sends'),
      /** The number of such sends that are older than a minute, up to the same number. */
      overdue: reply.number('overdue'),
      /** For how long no gateway has accepted a message; 0 if no send waits and a gateway accepted the last that ended. */
      stalledMs: mark.hasLostSends ? mark.agoMs : Math.min(unacceptedMs ?? 0, mark.agoMs),
    }
  }
}
export type QueueState = Awaited<ReturnType<ReturnType<typeof createQueueState>>>

/**
 * Reads the mark of a queue. All shards share one mark, because it tells about the gateways: a shard with few sends has
 * not stalled while gateways accept the sends of the others. After three lost sends the queue is stalled until the next
 * acceptance, even without sends. Fewer may be the fault of one phone. @throws StoreError
 */
async function readMark(redis: RedisClient, queue: string) {
  const key = keys.accepted(EVERY_SMS_QUEUE.includes(queue) ? SMS_QUEUE : queue)
  const [leftMs, mark] = await asStoreError('mark', Promise.all([redis.pttl(key), redis.get(key)]))
  return { agoMs: KEEP_MS - Math.max(0, leftMs), hasLostSends: Number(mark ?? 1) <= -2 }
}

/**
 * Marks in Redis whether a gateway accepted the last sends that ended: an acceptance sets the mark to 1, and a loss
 * decrements it. The life of the mark measures the time since the last acceptance, by the clock of Redis. Every loss is
 * marked at once. An acceptance is marked at once if this process marked none in the last second, and otherwise at the
 * end of that second with the life that is then left, because another worker may have marked a loss meanwhile.
 */
export function createAcceptanceMark(redis: RedisClient, name: string) {
  const key = keys.accepted(name)
  let unmarkedSince: number | null = null
  let pause: NodeJS.Timeout | undefined

  function endPause(): void {
    clearTimeout(pause)
    pause = undefined
  }
  function mark(): void {
    if (unmarkedSince === null) return
    pause = setTimeout(() => {
      endPause()
      mark()
    }, MARK_EVERY_MS).unref()
    const left = KEEP_MS - (Date.now() - unmarkedSince)
    unmarkedSince = null
    redis.set(key, '1', 'PX', left).catch(endPause)
  }
  return {
    accepted(): void {
      unmarkedSince = Date.now()
      if (pause === undefined) mark()
    },

    /** A send ended, and its gateways did not accept it in time. */
    lost(): void {
      // The acceptance came before the loss, so it ends the losses before it.
      endPause()
      mark()
      endPause()
      redis.decr(key).catch(() => {})
    },
  }
}
export type AcceptanceMark = ReturnType<typeof createAcceptanceMark>

/** For how long no gateway has accepted a message, over all shards. */
export const stalledMsOf = (states: readonly QueueState[]) =>
  Math.max(...states.map(({ stalledMs }) => stalledMs))

/** Answers whether no request passed as a probe in the last second, over all processes. @throws StoreError */
export const isProbeFree = async (redis: RedisClient): Promise<boolean> =>
  (await asStoreError('probe', redis.exists(keys.deliveryProbe))) === 0

/** Answers whether this request may pass as a probe: at most one a second over all processes. @throws StoreError */
export const takeProbe = async (redis: RedisClient): Promise<boolean> =>
  (await asStoreError('probe', redis.set(keys.deliveryProbe, '1', 'PX', 1_000, 'NX'))) === 'OK'

/**
 * Returns a function for `/readyz` that tells why the API refuses sends by SMS; null if it does not. The process stays
 * ready, because a restart would not help, and the API still serves all other requests.
 */
export function createDeliveryRemark(redis: RedisClient, shards: number) {
  const stateOf = createQueueState(redis)
  const queues = smsQueues(shards)
  return async (): Promise<string | null> => {
    const states = await Promise.all(queues.map((name) => stateOf(name)))
    const paused = queues.filter((_, i) => states[i]?.isPaused)
    if (paused.length === 1) return `the queue ${paused.join()} is paused`
    if (paused.length > 1) return `the queues ${paused.join(', ')} are paused`
    const ms = stalledMsOf(states)
    return ms < STALLED_AFTER_MS ? null : `no gateway has accepted a message for ${Math.round(ms / 1000)} s`
  }
}
