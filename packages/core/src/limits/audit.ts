import { keys } from '../redis/keys.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'

const LENGTH = 10_000

/**
 * Findings and decisions with their reasons, and what operators did, in a stream that forgets the oldest.
 * Phones and addresses are in it by pseudonym only.
 */
export function createAudit(redis: RedisClient) {
  /** @throws StoreError */
  return async function write(entry: Record<string, string>): Promise<void> {
    const fields = Object.entries(entry).flat()
    await asStoreError('audit', redis.xadd(keys.audit, 'MAXLEN', '~', LENGTH, '*', ...fields))
  }
}
export type Audit = ReturnType<typeof createAudit>
