import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { Logger } from '@sms-codes/core/logger'

const REFUSES = /\b(OOM|READONLY|MISCONF|NOREPLICAS|LOADING|MASTERDOWN)\b/
const PROBE_EVERY_MS = 500

/**
 * While Redis is there but refuses writes (out of memory, read-only replica, disk full), a BullMQ worker
 * asks for the next job again without a pause, thousands of times a second. This pauses the worker until
 * a write succeeds.
 */
export function pauseWhileStoreRefuses(worker: Worker<unknown>, redis: Redis, log: Logger): void {
  let waiting = false
  const wait = async (reason: string) => {
    log.error({ reason }, 'redis refuses writes, worker paused')
    await worker.pause(true)
    while (!(await writes(redis))) await sleep(PROBE_EVERY_MS)
    await worker.resume()
    log.info('redis takes writes again, worker resumed')
  }
  worker.on('error', (err) => {
    const [reason] = REFUSES.exec(err.message) ?? []
    if (waiting || reason === undefined) return
    waiting = true
    wait(reason)
      .catch((cause: unknown) => log.error({ err: cause }, 'could not pause the worker'))
      .finally(() => {
        waiting = false
      })
  })
}

/** A write that, unlike a delete, is refused when memory is short. */
async function writes(redis: Redis): Promise<boolean> {
  try {
    await redis.set('sms:probe', '1', 'PX', 1_000)
    return true
  } catch {
    return false
  }
}
