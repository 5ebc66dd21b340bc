import { once } from 'node:events'
import { Cluster } from 'ioredis'
import { ConfigError } from '@sms-codes/core/config/load'
import type { KeyringOptions } from '@sms-codes/core/keyring'
import { createLogger, type Logger } from '@sms-codes/core/logger'
import { asStoreError, connectRedis, StoreError, type RedisClient } from '@sms-codes/core/redis/connect'
import { keyFaults } from '@sms-codes/core/redis/key-faults'
import { parseRedisUrl } from '@sms-codes/core/redis/url'
import { OpsError } from './args.ts'

export type Store = { redis: RedisClient; log: Logger }

const READY_MS = 3_000

/**
 * Connects to Redis, compares the keys of the command with those of the processes, calls `use` and disconnects.
 * @throws OpsError when Redis does not answer, ConfigError for a key that differs
 */
export async function withStore<T>(
  { redisUrl, keyring }: { redisUrl: string; keyring?: KeyringOptions },
  use: (store: Store) => Promise<T>,
): Promise<T> {
  // The log is silent, because a command prints its own messages.
  const log = createLogger('ops', 'silent')
  const redis = connectRedis(redisUrl, 'operator', log)
  try {
    await asStoreError('connect', ready(redis, AbortSignal.timeout(READY_MS)))
    const faults = keyring === undefined ? [] : await keyFaults(redis, keyring, false)
    if (faults.length > 0) throw new ConfigError(faults)
    return await use({ redis, log })
  } catch (err) {
    if (!(err instanceof StoreError)) throw err
    throw new OpsError(
      `cannot use Redis at ${hostsOf(redisUrl)} (${err.message}): start it (npm start does), or correct REDIS_URL`,
    )
  } finally {
    redis.disconnect()
  }
}

/** Waits for every node, because a Cluster is ready with its first node and a command may need another node. */
async function ready(redis: RedisClient, signal: AbortSignal): Promise<void> {
  await once(redis, 'ready', { signal })
  const nodes = redis instanceof Cluster ? redis.nodes('master') : []
  const late = nodes.filter(({ status }) => status !== 'ready')
  await Promise.all(late.map((node) => once(node, 'ready', { signal })))
}

/** Returns the hosts of the address, without the login. */
function hostsOf(redisUrl: string): string {
  const address = parseRedisUrl(redisUrl)
  if (address.kind === 'single') return new URL(address.url).host
  return address.hosts.map(({ host, port }) => `${host}:${port}`).join(', ')
}
