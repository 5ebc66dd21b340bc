import { once } from 'node:events'
import { Cluster } from 'ioredis'
import { createLogger, type Logger } from '@sms-codes/core/logger'
import { asStoreError, connectRedis, StoreError, type RedisClient } from '@sms-codes/core/redis/connect'
import { parseRedisUrl } from '@sms-codes/core/redis/url'
import { OpsError } from './ops-error.ts'

export type Store = { redis: RedisClient; log: Logger }

const READY_MS = 3_000

/** A connection that is there for as long as `use` takes. */
export async function withStore<T>(redisUrl: string, use: (store: Store) => Promise<T>): Promise<T> {
  // A command says what it has to say itself.
  const log = createLogger('ops', 'silent')
  const redis = connectRedis(redisUrl, 'operator', log)
  try {
    await asStoreError('connect', ready(redis, AbortSignal.timeout(READY_MS)))
    return await use({ redis, log })
  } catch (err) {
    if (!(err instanceof StoreError)) throw err
    throw new OpsError(
      `no use of the Redis at ${hostsOf(redisUrl)} (${err.message}): start it, as npm start does, or correct REDIS_URL`,
    )
  } finally {
    redis.disconnect()
  }
}

/** A Cluster is ready with its first node, and a command may be for any. */
async function ready(redis: RedisClient, signal: AbortSignal): Promise<void> {
  await once(redis, 'ready', { signal })
  const nodes = redis instanceof Cluster ? redis.nodes('master') : []
  const late = nodes.filter(({ status }) => status !== 'ready')
  await Promise.all(late.map((node) => once(node, 'ready', { signal })))
}

/** Where it was looked for, without the login. */
function hostsOf(redisUrl: string): string {
  const address = parseRedisUrl(redisUrl)
  if (address.kind === 'single') return new URL(address.url).host
  return address.hosts.map(({ host, port }) => `${host}:${port}`).join(', ')
}
