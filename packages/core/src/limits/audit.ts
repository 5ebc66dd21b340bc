import { keys } from '../redis/keys.ts'
import { asStoreError, type RedisClient } from '../redis/connect.ts'

const MOST_ENTRIES = 10_000

/**
 * Returns a function that adds a decision with its reason, or an operator's action, to a capped stream. In an entry,
 * phones and client addresses are pseudonyms, but a matched network is in clear. The function throws StoreError.
 */
export function createAudit(redis: RedisClient) {
  return async function write(entry: Record<string, string>): Promise<void> {
    const fields = Object.entries(entry).flat()
    await asStoreError('audit', redis.xadd(keys.audit, 'MAXLEN', '~', MOST_ENTRIES, '*', ...fields))
  }
}
export type Audit = ReturnType<typeof createAudit>

/** Reads the newest entries of the stream, the newest first. @throws StoreError */
export async function readAudit(redis: RedisClient, most: number): Promise<Record<string, string>[]> {
  const newest = await asStoreError('audit', redis.xrevrange(keys.audit, '+', '-', 'COUNT', most))
  return newest.map(([, fields]) => {
    const pairs = fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1] ?? ''] as const] : []))
    return Object.fromEntries(pairs)
  })
}
