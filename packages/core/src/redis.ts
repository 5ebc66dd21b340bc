import { once } from 'node:events'
import { Redis, type Cluster } from 'ioredis'
import type { Logger } from './logger.ts'

/**
 * The three kinds of connection. `commands` and `producer` fail fast: a caller gets an error within
 * COMMAND_TIMEOUT_MS and no command is ever sent twice (a re-sent GETDEL would answer "not there", a
 * re-sent INCR would count twice). `worker` waits, because BullMQ blocks on it for seconds and must
 * outlive a restart of Redis.
 */
export type ConnectionKind = 'commands' | 'producer' | 'worker'

/** What scripts and queues run on: one server, or a cluster of them (keys.ts has the hash tags). */
export type RedisClient = Redis | Cluster

export const COMMAND_TIMEOUT_MS = 400

const failFast = {
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  commandTimeout: COMMAND_TIMEOUT_MS,
}
const waits = { maxRetriesPerRequest: null }

export function connectRedis(url: string, kind: ConnectionKind, log: Logger): Redis {
  const redis = new Redis(url, {
    ...(kind === 'worker' ? waits : failFast),
    connectionName: `sms-codes-${kind}`,
    connectTimeout: 1_000,
    retryStrategy: (times) => Math.min(50 * 2 ** times, 1_000),
    // After a failover the old primary answers READONLY: connect anew, but never repeat the command.
    reconnectOnError: (err) => (err.message.startsWith('READONLY') ? 1 : false),
  })
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

/**
 * Faults of the server itself that would lose codes or jobs.
 * @returns one line per fault; none when all is well
 */
export async function serverFaults(redis: Redis): Promise<string[]> {
  const info = await asStoreError('info', redis.info('server', 'memory'))
  const field = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? ''
  const faults: string[] = []
  const [major = 0, minor = 0] = field('redis_version').split('.').map(Number)
  if (major < 6 || (major === 6 && minor < 2)) faults.push('REDIS_URL: Redis 6.2 or newer is needed')
  const policy = field('maxmemory_policy')
  if (policy !== '' && policy !== 'noeviction')
    faults.push(
      'REDIS_URL: maxmemory-policy must be noeviction, or codes and jobs vanish under memory pressure',
    )
  return faults
}

function reasonOf(message: string): string {
  if (/timed out/i.test(message)) return 'timed out'
  return /closed|writeable|max retries|connect/i.test(message) ? 'not connected' : 'failed'
}

/** For readiness: null when the store can be relied on, else the reason in a few words. */
export async function storeNotReady(redis: Redis): Promise<string | null> {
  try {
    const [fault = null] = await serverFaults(redis)
    // A store that is full, or a replica, answers every read and takes no write.
    await redis.set('sms:probe', '1', 'PX', 1_000)
    return fault
  } catch {
    return 'redis does not answer, or takes no writes'
  }
}

/**
 * `serverFaults`, asked once at start. A Redis that cannot be reached is no fault: the process starts,
 * says "not ready" and waits for it.
 */
export async function serverFaultsAtBoot(redis: Redis): Promise<string[]> {
  try {
    if (redis.status !== 'ready') await once(redis, 'ready', { signal: AbortSignal.timeout(1_500) })
    return await serverFaults(redis)
  } catch {
    return []
  }
}
