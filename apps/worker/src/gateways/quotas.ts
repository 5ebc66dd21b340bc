import { keys, type Quota } from '@sms-codes/core/redis/keys'
import { asStoreError, type RedisClient } from '@sms-codes/core/redis/connect'
import { createScript } from '@sms-codes/core/redis/script'
import { windowArgs, type Window } from '@sms-codes/core/limits/windows'

/**
 * How many messages one phone may get by one way. For gateways these mirror what the vendor allows a number,
 * so that a call it would refuse is not made; for mails they are our own.
 */
export const QUOTA_WINDOWS: Record<Quota, readonly Window[]> = {
  // 5 a day for a template and number. The vendor counts calendar days, we any 24 hours: never more than it.
  ccp: [
    { most: 1, seconds: 30 },
    { most: 5, seconds: 86_400 },
  ],
  aliyun: [
    { most: 1, seconds: 60 },
    { most: 5, seconds: 3_600 },
    { most: 10, seconds: 86_400 },
  ],
  tencent: [
    { most: 1, seconds: 30 },
    { most: 10, seconds: 86_400 },
  ],
  email: [{ most: 2, seconds: 86_400 }],
}

/** Every method throws StoreError when Redis does not answer. */
export function createQuotas(redis: RedisClient) {
  const script = createScript(redis, new URL('./quota.lua', import.meta.url))
  return {
    /** `again`: this message has taken already. */
    async take(of: Quota, ph: string, messageId: string): Promise<'taken' | 'again' | 'full'> {
      const { kind } = await script([keys.quota(ph, of)], [messageId, ...windowArgs(QUOTA_WINDOWS[of])])
      return kind === 'taken' || kind === 'again' ? kind : 'full'
    },

    /** For a message that certainly did not leave. */
    async giveBack(of: Quota, ph: string, messageId: string): Promise<void> {
      await asStoreError('quota', redis.zrem(keys.quota(ph, of), messageId))
    },
  }
}
export type Quotas = ReturnType<typeof createQuotas>
