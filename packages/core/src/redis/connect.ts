import { Cluster, Redis, type ClusterOptions } from 'ioredis'
import { gatherWrites } from './gather-writes.ts'
import type { Logger } from '../logger.ts'
import { keys, queueTag } from './keys.ts'
import { LastingSentinelConnector } from './sentinel-connector.ts'
import { parseRedisUrl, type RedisAddress } from './url.ts'

/**
 * The kinds of connection. `commands` and `producer` fail fast: a caller gets an error within `commandTimeout` ms,
 * and no command ever runs twice (a repeated GETDEL would answer "not there", a repeated INCR would count twice).
 * `operator` has a longer timeout, because operators use it when Redis is slow. `worker` has no timeout, because
 * BullMQ blocks on this connection for seconds and must survive a restart of Redis.
 */
export type ConnectionKind = 'commands' | 'producer' | 'operator' | 'worker'

/** One server, or a Cluster. The hash tags of keys.ts keep each script in one hash slot. */
export type RedisClient = Redis | Cluster

const failFast = { maxRetriesPerRequest: 0, enableOfflineQueue: false, commandTimeout: 400 }
const OPTIONS = {
  commands: failFast,
  producer: failFast,
  operator: { ...failFast, commandTimeout: 5_000 },
  worker: { maxRetriesPerRequest: null },
}

/** @param url an address that the configuration accepted */
export function connectRedis(url: string, kind: ConnectionKind, log: Logger): RedisClient {
  const redis = open(parseRedisUrl(url), kind)
  if (redis instanceof Redis) gatherWrites(redis)
  else
    redis.on('+node', (node: Redis) => {
      gatherWrites(node)
      // Otherwise ioredis connects at the first command for a node and refuses the commands that arrive meanwhile.
      node.connect().catch(() => {})
    })
  // ioredis emits an error for every attempt to connect, but the log gets only one line per outage.
  let down = false
  redis.on('error', (err) => {
    if (!down) log.warn({ err, kind }, 'redis connection lost')
    down = true
  })
  redis.on('ready', () => {
    if (down) log.info({ kind }, 'redis connection back')
    down = false
  })
  return redis
}

function open(address: RedisAddress, kind: ConnectionKind): RedisClient {
  const options = { ...OPTIONS[kind], connectionName: `sms-codes-${kind}`, connectTimeout: 1_000 }
  const server = {
    ...options,
    retryStrategy: retryDelayMs,
    // After a failover the old primary answers READONLY. ioredis then reconnects (1) and never repeats the command.
    reconnectOnError: (err: Error) => (err.message.startsWith('READONLY') ? 1 : false),
  }
  if (address.kind === 'single') return new Redis(address.url, server)
  const { hosts, login } = address
  const tls = address.tls ? { tls: {} } : {}
  if (address.kind === 'cluster')
    return new Cluster(hosts, {
      redisOptions: { ...options, ...login, ...tls },
      clusterRetryStrategy: retryDelayMs,
      // The map of hash slots is refreshed periodically, because a dead host never sends MOVED.
      slotsRefreshInterval: 5_000,
      // A server that answers MOVED, ASK or TRYAGAIN did not run the command, so ioredis may send the command again.
      // After a closed connection the command may have run, so ioredis does not repeat the command (0).
      ...(kind !== 'worker' && {
        enableOfflineQueue: false,
        retryDelayOnFailover: 0,
        retryDelayOnClusterDown: 0,
      }),
      ...(address.tls && { dnsLookup: keepName }),
    })
  const { username, password } = address.sentinelLogin
  return new Redis({
    ...server,
    ...login,
    ...tls,
    sentinels: hosts,
    name: address.name,
    db: address.db,
    ...(username && { sentinelUsername: username }),
    ...(password && { sentinelPassword: password }),
    ...(address.tls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
    sentinelCommandTimeout: 1_000,
    sentinelRetryStrategy: retryDelayMs,
    // A primary whose host died closes no connection, so ioredis reconnects when the Sentinels name a new primary.
    failoverDetector: true,
    Connector: LastingSentinelConnector,
  })
}

/** Keeps the host name, which TLS verifies. Without this function, ioredis replaces the name by an IP address. */
const keepName: NonNullable<ClusterOptions['dnsLookup']> = (host, done) => done(null, host)

const retryDelayMs = (times: number) => Math.min(50 * 2 ** times, 1_000)

/** Redis did not answer, or refused a command. The error has no key, argument or cause, so logging is safe. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  constructor(operation: string, err: unknown) {
    const reason = err instanceof Error ? err.message : 'unknown'
    super(`redis: ${operation}: ${/^[A-Z]+\b/.exec(reason)?.[0] ?? reasonOf(reason)}`)
  }
}

/** Turns the errors of ioredis, which carry the whole command, into StoreErrors. */
export async function asStoreError<T>(operation: string, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (err) {
    throw new StoreError(operation, err)
  }
}

/** The hash tags of the queues and marks that are not sharded, and of the limits. Every send needs them. */
const NEEDED = ['{sms}', 'sms:{gate}']

/**
 * Writes one key per hash tag, because in a Cluster each may lie on another server. A full server or a replica answers
 * reads but refuses these writes.
 * @param queues the queues that the process uses @throws StoreError
 */
export async function probeWrites(redis: RedisClient, queues: readonly string[] = []): Promise<void> {
  const tags = [...new Set([...NEEDED, ...queues.map(queueTag)])]
  const writes = tags.map((tag) => redis.set(keys.writeProbe(tag), '1', 'PX', 1_000))
  await asStoreError('probe', Promise.all(writes))
}

function reasonOf(message: string): string {
  if (/timed out/i.test(message)) return 'timed out'
  return /closed|writeable|max retries|connect/i.test(message) ? 'not connected' : 'failed'
}
