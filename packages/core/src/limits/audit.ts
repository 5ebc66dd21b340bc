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
export const readAudit = async (redis: RedisClient, most: number): Promise<Record<string, string>[]> =>
  (await asStoreError('audit', redis.xrevrange(keys.audit, '+', '-', 'COUNT', most))).map(([, fields]) =>
    entryOf(fields),
  )

/** Reads the entries since a time, in ms since 1970 by the clock of Redis, the newest first. @throws StoreError */
export async function readAuditSince(redis: RedisClient, sinceMs: number) {
  const found = await asStoreError('audit', redis.xrevrange(keys.audit, '+', Math.round(sinceMs)))
  // The id of an entry begins with its time in ms.
  return found.map(([id, fields]) => ({ at: Number.parseInt(id, 10), entry: entryOf(fields) }))
}

const entryOf = (fields: readonly string[]): Record<string, string> =>
  Object.fromEntries(fields.flatMap((name, i) => (i % 2 === 0 ? [[name, fields[i + 1] ?? ''] as const] : [])))
