import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'bullmq'
import type { Logger } from '@sms-codes/core/logger'
import { probeWrites, type RedisClient } from '@sms-codes/core/redis'

const REFUSES = /\b(OOM|READONLY|MISCONF|NOREPLICAS|LOADING|MASTERDOWN)\b/
const PROBE_EVERY_MS = 500

/**
 * While Redis is there but refuses writes (out of memory, read-only replica, disk full), a BullMQ worker
 * asks for the next job again without a pause, thousands of times a second. This pauses the worker until
 * a write succeeds.
 */
export function pauseWhileStoreRefuses(worker: Worker<unknown>, redis: RedisClient, log: Logger): void {
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

async function writes(redis: RedisClient): Promise<boolean> {
  try {
    await probeWrites(redis)
    return true
  } catch {
    return false
  }
}
