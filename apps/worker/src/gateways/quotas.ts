import { windowArgs, type Window } from '@sms-codes/core/limits/windows'
import { asStoreError, type RedisClient } from '@sms-codes/core/redis/connect'
import { keys } from '@sms-codes/core/redis/keys'
import { createScript } from '@sms-codes/core/redis/script'

/** Counts the messages of each gateway to a phone. `ph` is the phone's pseudonym. Every method throws StoreError. */
export function createQuotas(redis: RedisClient) {
  const script = createScript(redis, new URL('./quota.lua', import.meta.url))
  return {
    /** Counts a message unless a window is full. `again`: an earlier try of this message is already counted. */
    async take(gateway: string, ph: string, messageId: string, windows: readonly Window[]) {
      const { kind } = await script([keys.quota(ph)], [gateway, messageId, ...windowArgs(windows)])
      return kind === 'taken' || kind === 'again' ? kind : 'full'
    },

    /** Stops counting a message that the gateway certainly did not take. */
    async giveBack(gateway: string, ph: string, messageId: string): Promise<void> {
      await asStoreError('quota', redis.zrem(keys.quota(ph), `${gateway}|${messageId}`))
    },
  }
}
export type Quotas = ReturnType<typeof createQuotas>
