import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'bullmq'
import { isClockFarOff } from '@sms-codes/core/redis/clock-skew'
import type { Logger } from '@sms-codes/core/logger'
import { probeWrites, type RedisClient } from '@sms-codes/core/redis/connect'

const REFUSES = /\b(OOM|READONLY|MISCONF|NOREPLICAS|LOADING|MASTERDOWN)\b/
const PROBE_EVERY_MS = 500
const CLOCK_EVERY_MS = 5_000

/**
 * Rests a worker that cannot work. While Redis is there but refuses writes (out of memory, read-only replica, disk
 * full), BullMQ asks for the next job again without a pause, thousands of times a second. And a queue's delays go by
 * the clock of whoever takes the next job: one that is far off would take every job before its time.
 */
export function restWhileUnfit(
  worker: Worker<unknown>,
  redis: RedisClient,
  log: Logger,
  now = Date.now,
): void {
  let resting = false
  async function rest(reason: string): Promise<void> {
    resting = true
    log.error({ reason }, 'worker paused')
    await worker.pause(true)
    while (!(await isFit(redis, now))) await sleep(PROBE_EVERY_MS)
    await worker.resume()
    log.info('worker resumed')
  }
  function begin(reason: string): void {
    if (resting) return
    rest(reason)
      .catch((cause: unknown) => log.error({ err: cause }, 'could not pause the worker'))
      .finally(() => {
        resting = false
      })
  }
  worker.on('error', (err) => {
    const [reason] = REFUSES.exec(err.message) ?? []
    if (reason !== undefined) begin(reason)
  })
  const lookAtClock = (): void => {
    isClockFarOff(redis, now)
      .then((isOff) => isOff && begin('the clock of this host is far off the one of Redis'))
      // Redis is away; then there are no jobs either.
      .catch(() => {})
  }
  lookAtClock()
  setInterval(lookAtClock, CLOCK_EVERY_MS).unref()
}

async function isFit(redis: RedisClient, now: () => number): Promise<boolean> {
  try {
    await probeWrites(redis)
    return !(await isClockFarOff(redis, now))
  } catch {
    return false
  }
}
