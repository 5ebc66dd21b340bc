import { Gauge, type Registry } from 'prom-client'
import type { KeyringOptions } from '../keyring.ts'
import { isClockFarOff } from '../redis/clock-skew.ts'
import { probeWrites, type RedisClient } from '../redis/connect.ts'
import { storeFaults } from '../redis/server-faults.ts'

/**
 * For `/readyz`: null if Redis answers, accepts writes and has no server fault, and the keys are those of the other
 * processes; else the reason in a few words.
 * @param queues the queues that the process uses
 */
export async function storeNotReady(
  redis: RedisClient,
  keyring: KeyringOptions,
  queues: readonly string[] = [],
  now = Date.now,
): Promise<string | null> {
  try {
    const [fault] = await storeFaults(redis, keyring)
    await probeWrites(redis, queues)
    if (fault !== undefined) return fault
    return (await isClockFarOff(redis, now)) ? 'the clocks of this host and of Redis are far apart' : null
  } catch {
    return 'redis does not answer, or takes no writes'
  }
}

/**
 * Adds the metric `sms_ready`. Each scrape asks `isReady` once, so a scrape lasts as long as `/readyz` does, and it
 * also answers while Redis is away.
 */
export function reportReady(registry: Registry, isReady: () => Promise<boolean>): void {
  const gauge: Gauge = new Gauge({
    name: 'sms_ready',
    help: '1 if the process can take work, as on /readyz, else 0',
    registers: [registry],
    collect: async (): Promise<void> => gauge.set(Number(await isReady().catch(() => false))),
  })
}
