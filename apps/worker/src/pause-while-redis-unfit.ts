import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'bullmq'
import type { KeyringOptions } from '@sms-codes/core/keyring'
import type { Logger } from '@sms-codes/core/logger'
import { isClockFarOff } from '@sms-codes/core/redis/clock-skew'
import { probeWrites, type RedisClient } from '@sms-codes/core/redis/connect'
import { keyFaults } from '@sms-codes/core/redis/key-faults'

const REFUSES = /\b(OOM|READONLY|MISCONF|NOREPLICAS|LOADING|MASTERDOWN)\b/
const PROBE_EVERY_MS = 500
const CHECK_EVERY_MS = 5_000
const CLOCK_IS_OFF = 'the clocks of this host and of Redis differ by more than a minute'

/**
 * Pauses a worker while Redis is unfit. While Redis answers but refuses writes (out of memory, read-only replica,
 * disk full), BullMQ would fetch the next job thousands of times a second. While the clock of this host is more than
 * a minute off, the worker could fetch delayed jobs before their time. While a key differs from that of the other
 * processes, the worker would fail every message that was sealed with it.
 */
export function pauseWhileRedisUnfit(
  worker: Worker<unknown>,
  redis: RedisClient,
  keyring: KeyringOptions,
  log: Logger,
  now = Date.now,
): void {
  let isPausing = false
  async function pauseUntilFit(reason: string): Promise<void> {
    log.error({ queue: worker.name, reason }, 'worker paused')
    await worker.pause(true)
    while (!(await isFit())) await sleep(PROBE_EVERY_MS)
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
  const unfitness = async () =>
    (await isClockFarOff(redis, now)) ? CLOCK_IS_OFF : (await keyFaults(redis, keyring))[0]
  async function isFit(): Promise<boolean> {
    try {
      await probeWrites(redis, [worker.name])
      return (await unfitness()) === undefined
    } catch {
      return false
    }
  }
  const check = (): void => {
    unfitness()
      .then((reason) => reason !== undefined && begin(reason))
      // While Redis is down the worker gets no jobs, so a pause is not necessary.
      .catch(() => {})
  }
  check()
  redis.on('ready', check)
  const timer = setInterval(check, CHECK_EVERY_MS).unref()
  worker.once('closed', () => {
    redis.off('ready', check)
    clearInterval(timer)
  })
}
