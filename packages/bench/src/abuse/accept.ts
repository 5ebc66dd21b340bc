import type { Redis } from 'ioredis'
import { phoneOf } from '@sms-codes/core/codes/send'
import { createGuardCounts } from '@sms-codes/core/limits/guard-counts'
import { createLogger } from '@sms-codes/core/logger'
import { keys } from '@sms-codes/core/redis/keys'

/** Returns a function that counts an accepted message for the pumping guard, as a worker does. */
export function createAccept(redis: Redis, settings: Record<string, string>) {
  const general = Number(settings['GUARD_WINDOW_SECONDS'] ?? 900)
  const address = Number(settings['GUARD_ADDRESS_WINDOW_SECONDS'] ?? 900)
  const windows = { segment: general, address, service: general }
  const counts = createGuardCounts(redis, windows, createLogger('bench', 'error'))
  return async (mobile: string, requestId: string): Promise<void> => {
    const record = await redis.hgetall(keys.code(phoneOf(requestId), 'default'))
    const { asked_by: askedBy = '', is_counted: isCounted } = record
    if (isCounted === '1') counts.countSent({ mobile, address: askedBy })
    await counts.flush()
  }
}
export type Accept = ReturnType<typeof createAccept>
