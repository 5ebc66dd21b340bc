import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import type { Policy } from '@sms-codes/core/config/policy-schema'
import {
  createQueueState,
  isProbeFree,
  STALLED_AFTER_MS,
  stalledMsOf,
  takeProbe,
  type QueueState,
} from '@sms-codes/core/queues/queue-state'
import { EMAIL_QUEUE } from '@sms-codes/core/queues/send-queue'
import { chooseShard, smsQueues } from '@sms-codes/core/queues/shards'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { Refusal, type Answer } from '../http/answers.ts'
import type { ApiMetrics } from '../metrics.ts'

// These checks refuse work that this process, the workers or the gateways cannot do in time, because a late code is
// of no use.

type Metrics = Pick<ApiMetrics, 'refusals'>

const CACHE_MS = 1_000
const DELIVERY_RETRY_SECONDS = 10
const EVENT_LOOP_RETRY_SECONDS = 5
const RESOLUTION_MS = 10

/**
 * While no gateway accepts messages, requests pass as probes only until this many sends are under way. Workers try
 * each of these every 15 s, and so notice the end of the outage. More sends would only be lost in a longer outage.
 */
const MOST_PROBES = 3

/** So many overdue sends show that gateways accept fewer messages than the API. Fewer may be the fault of some phones. */
const MOST_OVERDUE = 10

/** Why a send cannot be delivered now. */
const REASONS = ['paused', 'backlog', 'gateways'] as const

type Need = 'nothing' | 'probe' | 'contact'

const isClosed = ({ isPaused, stalledMs }: QueueState): boolean => isPaused || stalledMs >= STALLED_AFTER_MS

type BacklogOptions = {
  /** How long a send may wait for its first worker; 0 for no limit, also not while no gateway accepts messages. */
  maxAgeSeconds: number
  shards: number
  pseudonym: (mobile: string) => string
}

/**
 * Refuses sends that cannot be delivered. While Redis answers, the process asks Redis for the state of a queue at most
 * once a second, and all requests of that second use the answer.
 *
 * The state of one shard decides only about the sends of this shard: whether it is paused, and how long its jobs wait
 * for a worker. What tells about the gateways is taken from all shards together, because all use the same gateways.
 */
export function createBacklog(redis: RedisClient, metrics: Metrics, options: BacklogOptions) {
  const { maxAgeSeconds, shards, pseudonym } = options
  const stateOf = createQueueState(redis)
  const queues = smsQueues(shards)
  for (const limit of REASONS) metrics.refusals.inc({ limit }, 0)
  const cached = new Map<string, { askedAt: number; state: Promise<QueueState> }>()

  function current(name: string): Promise<QueueState> {
    const known = cached.get(name)
    if (known !== undefined && performance.now() - known.askedAt < CACHE_MS) return known.state
    const state = stateOf(name)
    cached.set(name, { askedAt: performance.now(), state })
    // The next request asks again, because Redis may be back by then.
    state.catch(() => cached.delete(name))
    return state
  }

  const isOld = ({ untakenMs }: QueueState) => maxAgeSeconds > 0 && (untakenMs ?? 0) > maxAgeSeconds * 1000

  function refusal(limit: (typeof REASONS)[number], reason = ''): Refusal {
    metrics.refusals.inc({ limit })
    const answer: Answer = limit === 'backlog' ? 'busy' : 'undeliverable'
    return new Refusal(answer, { retry_after: DELIVERY_RETRY_SECONDS }, reason)
  }

  return {
    /**
     * Answers what the send needs besides a right picture or proof. While no gateway accepts messages, that is a probe,
     * or a contact if mails leave.
     * @throws Refusal if a send cannot be delivered now, StoreError
     */
    async needOf(mayFallBack: boolean, mobile: string): Promise<Need> {
      const asked = queues.map(current)
      const known = (await Promise.allSettled(asked)).flatMap((one) =>
        one.status === 'fulfilled' ? [one.value] : [],
      )
      // The shard is chosen only if one is paused, old or unknown, because the pseudonym costs a hash.
      if (known.length < shards || known.some((state) => state.isPaused || isOld(state))) {
        const own = await chooseShard(asked, pseudonym(mobile))
        if (own.isPaused) throw refusal('paused')
        if (isOld(own)) throw refusal('backlog')
      }
      if (maxAgeSeconds === 0) return 'nothing'
      const count = (what: 'sends' | 'overdue') => known.reduce((sum, state) => sum + state[what], 0)
      if (stalledMsOf(known) < STALLED_AFTER_MS) {
        if (count('overdue') >= MOST_OVERDUE) throw refusal('backlog')
        return 'nothing'
      }
      if (count('sends') < MOST_PROBES && (await isProbeFree(redis))) return 'probe'
      if (!mayFallBack || isClosed(await current(EMAIL_QUEUE))) throw refusal('gateways')
      return 'contact'
    },

    /**
     * Refuses a send without what it needs. This check comes after the picture. Otherwise wrong pictures would use up
     * the probes, and the answer would tell any stranger whether a phone has a contact.
     * @throws Refusal, StoreError
     */
    async refuseWithout(need: Need, hasContact: () => Promise<boolean>): Promise<void> {
      const hasNeed = { nothing: async () => true, probe: () => takeProbe(redis), contact: hasContact }
      if (!(await hasNeed[need]())) throw refusal('gateways', 'no_gateway')
    },
  }
}

/**
 * Refuses the requests of a Fastify scope while the event loop is overloaded. The scope should have only routes whose
 * work can wait. The verify route cannot wait, because a code expires.
 */
export function refuseUnderLoad(scope: FastifyInstance, limits: Policy['overload'], metrics: Metrics): void {
  metrics.refusals.inc({ limit: 'event_loop' }, 0)
  const { event_loop_max_delay: delaySeconds, event_loop_max_percent: percent } = limits
  if (delaySeconds === 0 && percent === 0) return
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  let before = performance.eventLoopUtilization()
  let overloaded = false
  // Nothing in this timer opens a file, so it also works when the process has no file descriptor left.
  const timer = setInterval(() => {
    const meanSeconds = (delays.mean / 1e6 - RESOLUTION_MS) / 1000
    delays.reset()
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    // Without a measurement the mean is NaN: the event loop was blocked for the whole interval.
    const isLate = delaySeconds > 0 && !(meanSeconds <= delaySeconds)
    overloaded = isLate || (percent > 0 && utilization * 100 > percent)
  }, CACHE_MS).unref()
  scope.addHook('onClose', async () => {
    clearInterval(timer)
    delays.disable()
  })
  scope.addHook('onRequest', async () => {
    if (!overloaded) return
    metrics.refusals.inc({ limit: 'event_loop' })
    throw new Refusal('busy', { retry_after: EVENT_LOOP_RETRY_SECONDS })
  })
}
