import { Cluster, type Redis } from 'ioredis'
import type { KeyringOptions } from '../keyring.ts'
import { asStoreError, type RedisClient } from './connect.ts'
import { keyFaults } from './key-faults.ts'

const READY_WITHIN_MS = 1_500

/**
 * Reads the state of every server that takes writes, and the faults of the server's configuration. A Cluster has
 * several such servers, and each may be configured differently. @throws StoreError
 */
export async function readServers(redis: RedisClient) {
  const primaries = redis instanceof Cluster ? redis.nodes('master') : [redis]
  const read = await Promise.all(primaries.map(readServer))
  return {
    servers: read.map(({ server }) => server),
    /** One line per fault. A fault that several servers have is listed once. */
    faults: [...new Set(read.flatMap(({ faults }) => faults))],
  }
}

/** Reads the faults of the servers, or else of the keys. @throws StoreError */
export async function storeFaults(redis: RedisClient, keyring: KeyringOptions): Promise<string[]> {
  const { faults } = await readServers(redis)
  return faults.length > 0 ? faults : keyFaults(redis, keyring)
}

async function readServer(redis: Redis) {
  const info = await asStoreError('info', redis.info())
  const field = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? ''
  const { host = '', port = 0 } = redis.options
  const server = {
    /** As configured. With Sentinels, the address of the primary is not known here. */
    address: `${host}:${port}`,
    version: field('valkey_version') || field('redis_version'),
    memoryBytes: Number(field('used_memory')),
    /** 0 for no limit. */
    maxMemoryBytes: Number(field('maxmemory')),
    policy: field('maxmemory_policy'),
    ...persistenceOf(field),
    replicas: replicasOf(info),
  }
  const faults: string[] = []
  const [major = 0, minor = 0] = field('redis_version').split('.').map(Number)
  if (major < 6 || (major === 6 && minor < 2)) faults.push('Redis 6.2 or newer is needed')
  if (server.policy !== '' && server.policy !== 'noeviction')
    faults.push('maxmemory-policy must be noeviction, or codes and jobs vanish under memory pressure')
  // ioredis stays in database 0 if the configured database does not exist.
  const { db = 0 } = redis.options
  // This check finds no fault if an ACL forbids CLIENT.
  const client = db === 0 ? '' : await redis.client('INFO').catch(() => '')
  if (/ db=\d/.test(client) && !client.includes(` db=${db} `))
    faults.push('the server does not have that database')
  return { server, faults: faults.map((fault) => `REDIS_URL: ${fault}`) }
}

const persistenceOf = (field: (name: string) => string) => ({
  /** Null if the server does not tell. */
  hasAof: field('aof_enabled') === '' ? null : field('aof_enabled') === '1',
  /** Whether the last write of the append-only file, its last rewrite and the last snapshot succeeded. */
  isAofWritten: field('aof_last_write_status') !== 'err' && field('aof_last_bgrewrite_status') !== 'err',
  isSnapshotWritten: field('rdb_last_bgsave_status') !== 'err',
  /** The last snapshot or the start of the server, in ms since 1970. */
  savedAt: Number(field('rdb_last_save_time')) * 1000,
})

/** The replicas that are connected. `lagSeconds`: since the last answer of a replica. */
const replicasOf = (info: string) =>
  [...info.matchAll(/^slave[0-9]+:ip=([^,]*),port=([0-9]+),state=(\w+),.*?lag=([0-9]+)/gm)].map(
    ([, host, port, state, lag]) => ({ address: `${host}:${port}`, state, lagSeconds: Number(lag) }),
  )

/** `storeFaults` at the start of a process. If Redis is not reached, the list is empty and the process starts. */
export async function faultsAtBoot(redis: RedisClient, keyring: KeyringOptions): Promise<string[]> {
  try {
    await readyOrAway(redis)
    return redis.status === 'ready' ? await storeFaults(redis, keyring) : []
  } catch {
    return []
  }
}

/** Ignores the event `error`, because ioredis also emits that event for a missing database and then connects. */
function readyOrAway(redis: RedisClient): Promise<void> {
  return new Promise((resolve) => {
    if (redis.status === 'ready') resolve()
    for (const event of ['ready', 'close', 'end']) redis.once(event, () => resolve())
    setTimeout(resolve, READY_WITHIN_MS).unref()
  })
}
