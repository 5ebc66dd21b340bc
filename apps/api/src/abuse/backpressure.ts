import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import { SMS_QUEUE } from '@sms-codes/core/queues/send-queue'
import { createOldest } from '@sms-codes/core/queues/watched-queues'
import type { RedisClient } from '@sms-codes/core/redis/connect'
import { Refusal } from '../http/answers.ts'
import type { ApiMetrics } from '../metrics.ts'

// These checks refuse work that this process or the workers cannot do in time, because a late code is of no use.

type Metrics = Pick<ApiMetrics, 'refusals'>

const CACHE_MS = 1_000
const BACKLOG_RETRY_SECONDS = 10
const EVENT_LOOP_RETRY_SECONDS = 5
const RESOLUTION_MS = 10

/**
 * Watches the age of the oldest message that no worker has taken yet. While Redis answers, the process asks Redis for
 * this age at most once a second, and all requests of that second use the answer.
 * @param maxAgeSeconds the greatest age at which requests are still accepted; 0 for no limit
 */
export function createBacklog(redis: RedisClient, maxAgeSeconds: number, metrics: Metrics) {
  const oldest = createOldest(redis)
  let askedAt = 0
  let answer: Promise<number | null> = Promise.resolve(null)

  return {
    /** @throws Refusal if the oldest message has waited longer than `maxAgeSeconds`, StoreError */
    async refuseIfLate(): Promise<void> {
      if (maxAgeSeconds === 0) return
      // The clock of an API host sets the timestamp of a job, so the age is computed from the clock of this host.
      if (Date.now() - askedAt >= CACHE_MS) {
        askedAt = Date.now()
        answer = oldest(SMS_QUEUE).catch((err: unknown) => {
          // The next request asks again, because Redis may be back by then.
          askedAt = 0
          throw err
        })
      }
      const queuedAt = await answer
      if (queuedAt === null || Date.now() - queuedAt <= maxAgeSeconds * 1000) return
      metrics.refusals.inc({ limit: 'backlog' })
      throw new Refusal('busy', { retry_after: BACKLOG_RETRY_SECONDS })
    },
  }
}

/** The greatest delay of the event loop, and the greatest percentage of time that it is busy; 0 means no limit. */
type EventLoopLimits = { delayMs: number; percent: number }

/**
 * Refuses the requests of a Fastify scope while the event loop is overloaded. The scope should have only routes whose
 * work can wait. The verify route cannot wait, because a code expires.
 */
export function refuseUnderLoad(scope: FastifyInstance, limits: EventLoopLimits, metrics: Metrics): void {
  const { delayMs, percent } = limits
  if (delayMs === 0 && percent === 0) return
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delays.enable()
  let before = performance.eventLoopUtilization()
  let overloaded = false
  // Nothing in this timer opens a file, so it also works when the process has no file descriptor left.
  const timer = setInterval(() => {
    const meanMs = delays.mean / 1e6 - RESOLUTION_MS
    delays.reset()
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    // Without a measurement the mean is NaN: the event loop was blocked for the whole interval.
    const isLate = delayMs > 0 && !(meanMs <= delayMs)
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
