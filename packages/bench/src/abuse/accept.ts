import type { Redis } from 'ioredis'
import { phoneOf } from '@sms-codes/core/codes/send'
import type { Policy } from '@sms-codes/core/config/policy-schema'
import { createGuardCounts } from '@sms-codes/core/limits/guard-counts'
import { createLogger } from '@sms-codes/core/logger'
import { keys } from '@sms-codes/core/redis/keys'

/** Returns a function that counts an accepted message for the pumping guard, as a worker does. */
export function createAccept(redis: Redis, { guard }: Policy) {
  const { segment, address, service } = guard
  const windows = { segment: segment.window, address: address.window, service: service.window }
  const counts = createGuardCounts(redis, windows, createLogger('bench', 'error'))
  return async (mobile: string, requestId: string): Promise<void> => {
    const record = await redis.hgetall(keys.code(phoneOf(requestId), 'default'))
    const { asked_by: askedBy = '', is_counted: isCounted } = record
    if (isCounted === '1') counts.countSent({ mobile, address: askedBy })
    await counts.flush()
  }
}
export type Accept = ReturnType<typeof createAccept>
