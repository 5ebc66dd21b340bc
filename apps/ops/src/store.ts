import { once } from 'node:events'
import { createLogger, type Logger } from '@sms-codes/core/logger'
import { asStoreError, connectRedis, StoreError } from '@sms-codes/core/redis'
import { OpsError } from './ops-error.ts'

export type Store = { redis: ReturnType<typeof connectRedis>; log: Logger }

const READY_MS = 3_000

/** A connection that is there for as long as `use` takes. */
export async function withStore<T>(redisUrl: string, use: (store: Store) => Promise<T>): Promise<T> {
  // A command says what it has to say itself.
  const log = createLogger('ops', 'silent')
  const redis = connectRedis(redisUrl, 'operator', log)
  try {
    await asStoreError('connect', once(redis, 'ready', { signal: AbortSignal.timeout(READY_MS) }))
    return await use({ redis, log })
  } catch (err) {
    if (!(err instanceof StoreError)) throw err
    const { host } = new URL(redisUrl)
    throw new OpsError(
      `no use of the Redis at ${host} (${err.message}): start it, as npm start does, or correct REDIS_URL`,
    )
  } finally {
    redis.disconnect()
  }
}
