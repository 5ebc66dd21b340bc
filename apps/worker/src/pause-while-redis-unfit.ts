import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'bullmq'
import type { Logger } from '@sms-codes/core/logger'
import { isClockFarOff } from '@sms-codes/core/redis/clock-skew'
import { probeWrites, type RedisClient } from '@sms-codes/core/redis/connect'

const REFUSES = /\b(OOM|READONLY|MISCONF|NOREPLICAS|LOADING|MASTERDOWN)\b/
const PROBE_EVERY_MS = 500
const CLOCK_EVERY_MS = 5_000

/**
 * Pauses a worker while Redis is unfit. While Redis answers but refuses writes (out of memory, read-only replica,
 * disk full), BullMQ would fetch the next job thousands of times a second. While the clock of this host is more than
 * a minute off, the worker could fetch delayed jobs before their time.
 */
export function pauseWhileRedisUnfit(
  worker: Worker<unknown>,
  redis: RedisClient,
  log: Logger,
  now = Date.now,
): void {
  let isPausing = false
  async function pauseUntilFit(reason: string): Promise<void> {
    log.error({ queue: worker.name, reason }, 'worker paused')
    await worker.pause(true)
    while (!(await isFit(redis, now))) await sleep(PROBE_EVERY_MS)
    await worker.resume()
    log.info({ queue: worker.name }, 'worker resumed')
  }
  function begin(reason: string): void {
    if (isPausing) return
    isPausing = true
    pauseUntilFit(reason)
      .catch((err: unknown) => log.error({ queue: worker.name, err }, 'could not pause the worker'))
      .finally(() => (isPausing = false))
  }
  worker.on('error', (err) => {
    const [reason] = REFUSES.exec(err.message) ?? []
    if (reason !== undefined) begin(reason)
  })
  const checkClock = (): void => {
    isClockFarOff(redis, now)
      .then((isOff) => isOff && begin('the clocks of this host and of Redis differ by more than a minute'))
      // While Redis is down the worker gets no jobs, so a pause is not necessary.
      .catch(() => {})
  }
  checkClock()
  setInterval(checkClock, CLOCK_EVERY_MS).unref()
}

async function isFit(redis: RedisClient, now: () => number): Promise<boolean> {
  try {
    await probeWrites(redis)
    return !(await isClockFarOff(redis, now))
  } catch {
    return false
  }
}
