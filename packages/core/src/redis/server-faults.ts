import { Cluster, type Redis } from 'ioredis'
import { asStoreError, type RedisClient } from './connect.ts'

/** Every server that takes writes: of a Cluster there are several, and each may be set up differently. */
const primaries = (redis: RedisClient): Redis[] =>
  redis instanceof Cluster ? redis.nodes('master') : [redis]

/**
 * Faults of the servers themselves that would lose codes or jobs.
 * @returns one line per fault; none when all is well
 */
export async function serverFaults(redis: RedisClient): Promise<string[]> {
  const faults = await Promise.all(primaries(redis).map(faultsOf))
  return [...new Set(faults.flat())]
}

async function faultsOf(server: Redis): Promise<string[]> {
  const info = await asStoreError('info', server.info('server', 'memory'))
  const field = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1] ?? ''
  const faults: string[] = []
  const [major = 0, minor = 0] = field('redis_version').split('.').map(Number)
  if (major < 6 || (major === 6 && minor < 2)) faults.push('REDIS_URL: Redis 6.2 or newer is needed')
  const policy = field('maxmemory_policy')
  if (policy !== '' && policy !== 'noeviction')
    faults.push(
      'REDIS_URL: maxmemory-policy must be noeviction, or codes and jobs vanish under memory pressure',
    )
  // ioredis goes on in database 0 where the one it was given does not exist.
  const { db = 0 } = server.options
  // Where CLIENT may not be asked nobody knows.
  const about = db === 0 ? '' : await server.client('INFO').catch(() => '')
  if (/ db=\d/.test(about) && !about.includes(` db=${db} `))
    faults.push('REDIS_URL: the server does not have that database')
  return faults
}

/**
 * `serverFaults`, asked once at start. A Redis that cannot be reached is no fault: the process starts,
 * says "not ready" and waits for it.
 */
export async function serverFaultsAtBoot(redis: RedisClient): Promise<string[]> {
  try {
    await readyOrAway(redis)
    return redis.status === 'ready' ? await serverFaults(redis) : []
  } catch {
    return []
  }
}

/** An error in between need not be the end: ioredis says so of a database that is not there, too. */
function readyOrAway(redis: RedisClient): Promise<void> {
  return new Promise((resolve) => {
    if (redis.status === 'ready') resolve()
    for (const event of ['ready', 'close', 'end']) redis.once(event, () => resolve())
    setTimeout(resolve, 1_500).unref()
  })
}
