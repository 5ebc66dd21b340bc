import { Cluster, Redis, type ClusterOptions } from 'ioredis'
import { gatherWrites } from './gather-writes.ts'
import type { Logger } from '../logger.ts'
import { parseRedisUrl, type RedisAddress } from './url.ts'

/**
 * The kinds of connection. `commands` and `producer` fail fast: a caller gets an error within
 * COMMAND_TIMEOUT_MS and no command is ever sent twice (a re-sent GETDEL would answer "not there", a
 * re-sent INCR would count twice). `operator` is like them and more patient, because a person looks when
 * Redis is slow. `worker` waits, because BullMQ blocks on it for seconds and must outlive a restart of Redis.
 */
export type ConnectionKind = 'commands' | 'producer' | 'operator' | 'worker'

/** What scripts and queues run on: one server, or a cluster of them (keys.ts has the hash tags). */
export type RedisClient = Redis | Cluster

export const COMMAND_TIMEOUT_MS = 400

const failFast = {
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  commandTimeout: COMMAND_TIMEOUT_MS,
}
const OPTIONS = {
  commands: failFast,
  producer: failFast,
  operator: { ...failFast, commandTimeout: 5_000 },
  worker: { maxRetriesPerRequest: null },
}

/** @param url one that the configuration accepted */
export function connectRedis(url: string, kind: ConnectionKind, log: Logger): RedisClient {
  const redis = open(parseRedisUrl(url), kind)
  if (redis instanceof Redis) gatherWrites(redis)
  else redis.on('+node', gatherWrites)
  // ioredis emits an error at every try to connect; one line per outage is enough.
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
  const options = {
    ...OPTIONS[kind],
    connectionName: `sms-codes-${kind}`,
    connectTimeout: 1_000,
  }
  const server = {
    ...options,
    retryStrategy: retryDelayMs,
    // After a failover the old primary answers READONLY: connect anew, but never repeat the command.
    reconnectOnError: (err: Error) => (err.message.startsWith('READONLY') ? 1 : false),
  }
  if (address.kind === 'single') return new Redis(address.url, server)
  const tls = address.tls ? { tls: {} } : {}
  if (address.kind === 'cluster') {
    const redisOptions = { ...options, ...address.login, ...tls }
    // A certificate is for a name, which ioredis would look up and forget.
    const names = address.tls ? { dnsLookup: keepName } : {}
    return connectNodes(new Cluster(address.hosts, { ...clusterOptions(kind), ...names, redisOptions }))
  }
  const { hosts, name, db, login, sentinelLogin } = address
  return new Redis({
    ...server,
    ...login,
    ...tls,
    sentinels: hosts,
    name,
    db,
    ...(sentinelLogin.username && { sentinelUsername: sentinelLogin.username }),
    ...(sentinelLogin.password && { sentinelPassword: sentinelLogin.password }),
    ...(address.tls && { enableTLSForSentinelMode: true, sentinelTLS: {} }),
    sentinelCommandTimeout: 1_000,
    sentinelRetryStrategy: retryDelayMs,
    // A primary whose host is gone closes no connection: the Sentinels' word makes us leave it.
    failoverDetector: true,
  })
}

const clusterOptions = (kind: ConnectionKind) => ({
  clusterRetryStrategy: retryDelayMs,
  // Ask for the map of slots now and then, too: a node whose host is gone refuses nothing and says nothing.
  slotsRefreshInterval: 5_000,
  // MOVED, ASK and TRYAGAIN are answers of a server that did nothing, so what they refuse may be sent on. A
  // connection that closed is no such answer: 0 is "never again".
  ...(kind === 'worker'
    ? {}
    : { enableOfflineQueue: false, retryDelayOnFailover: 0, retryDelayOnClusterDown: 0 }),
})

/**
 * ioredis connects to a node when it has the first command for it, and refuses the commands that come with
 * it. So every node is connected as soon as it is known.
 */
function connectNodes(cluster: Cluster): Cluster {
  cluster.on('+node', (node: Redis) => {
    node.connect().catch(() => {})
  })
  return cluster
}

const keepName: NonNullable<ClusterOptions['dnsLookup']> = (host, done) => done(null, host)

const retryDelayMs = (times: number) => Math.min(50 * 2 ** times, 1_000)

/** The store did not answer, or refused to. Carries no key, no argument and no cause, so it is safe to log. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  /** False when the command certainly did not run; true when it may have. */
  readonly maybeDone: boolean

  constructor(operation: string, err: unknown) {
    const reason = err instanceof Error ? err.message : 'unknown'
    super(`redis: ${operation}: ${/^[A-Z]+\b/.exec(reason)?.[0] ?? reasonOf(reason)}`)
    this.maybeDone = /timed out|closed/i.test(reason)
  }
}

/** Every call to Redis that a request waits for goes through here, so that no ioredis error escapes. */
export async function asStoreError<T>(operation: string, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (err) {
    throw new StoreError(operation, err)
  }
}

/** One key beside the queue and one beside the gate: in a Cluster no send can do without these two slots. */
const PROBES = ['{sms}:probe', 'sms:{gate}:probe']

/**
 * Writes what a store that is full, or a replica, refuses although it answers every read.
 * @throws StoreError
 */
export async function probeWrites(redis: RedisClient): Promise<void> {
  await asStoreError('probe', Promise.all(PROBES.map((key) => redis.set(key, '1', 'PX', 1_000))))
}

function reasonOf(message: string): string {
  if (/timed out/i.test(message)) return 'timed out'
  return /closed|writeable|max retries|connect/i.test(message) ? 'not connected' : 'failed'
}
