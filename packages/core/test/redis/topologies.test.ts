import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startRedisCluster, type RedisCluster } from '@sms-codes/test-servers/redis-cluster'
import { startRedisSentinel, type RedisSentinel } from '@sms-codes/test-servers/redis-sentinel'
import { moveSlot, ownerOfSlot, slotOf } from '@sms-codes/test-servers/redis-slots'
import { Cluster, Redis } from 'ioredis'
import { createLogger } from '../../src/logger.ts'
import { asStoreError, connectRedis, StoreError } from '../../src/redis/connect.ts'
import { storeFaults } from '../../src/redis/server-faults.ts'
import { storeNotReady } from '../../src/process/readiness.ts'
import { newKeys } from '../store.ts'
import { untilReady } from '../until-ready.ts'

const someKeys = newKeys()
const log = createLogger('test', 'silent')
const KEY = 'topology'
/** A failover usually takes two seconds. Sentinels that do not agree on a leader try again after twenty. */
const FAILOVER_MS = 50_000

type Kind = 'commands' | 'operator' | 'worker'

async function connected(url: string, kind: Kind) {
  const redis = connectRedis(url, kind, log)
  await untilReady(redis)
  return redis
}

async function failure(call: Promise<unknown>): Promise<StoreError> {
  const err: unknown = await asStoreError('test', call).catch((reason: unknown) => reason)
  if (!(err instanceof StoreError)) throw new Error('the call did not fail with a StoreError')
  return err
}

describe('a Cluster', () => {
  let cluster: RedisCluster
  /** A connection of an operator to the server that holds KEY. */
  let owner: Redis
  beforeAll(async () => {
    cluster = await startRedisCluster()
    const [first = 0] = cluster.ports
    owner = new Redis(await ownerOfSlot(cluster.ports, await slotOf(first, KEY)))
  })
  afterAll(async () => {
    owner.disconnect()
    await cluster.stop()
  })
  /**
   * Waits for a connection to each server; these come a moment after the client says that it is ready. The kind `operator`
   * fails as `commands` does, but waits longer for an answer, so that a busy test machine causes no refusals.
   */
  async function connectedToAll(kind: Kind = 'operator') {
    const redis = await connected(cluster.url, kind)
    const nodes = () => (redis instanceof Cluster ? redis.nodes('master').map(({ status }) => status) : [])
    await expect.poll(nodes).toEqual(['ready', 'ready', 'ready'])
    return redis
  }
  const ourConnection = async () =>
    /id=(\d+) [^\n]*name=sms-codes-operator/.exec(String(await owner.client('LIST')))?.[1] ?? ''

  it('that was never reachable fails a command at once', async () => {
    const redis = connectRedis('redis+cluster://127.0.0.1:1', 'commands', log)
    await failure(redis.get(KEY))
    expect(await storeNotReady(redis, someKeys)).toBe('redis does not answer, or takes no writes')
    redis.disconnect()
  })

  it('is connected to all of its servers before a command needs them', async () => {
    const redis = await connectedToAll()
    expect(await Promise.all(cluster.ports.map((port) => redis.get(`topology-${port}`)))).toEqual([
      null,
      null,
      null,
    ])
    redis.disconnect()
  })

  it('with one hanging server fails a command, which has run at most once', async () => {
    const redis = await connectedToAll('commands')
    await owner.set(KEY, '0')
    await owner.call('CLIENT', 'PAUSE', '60000', 'WRITE')
    expect(await failure(redis.incr(KEY))).toMatchObject({
      message: 'redis: test: timed out',
    })
    await owner.call('CLIENT', 'UNPAUSE')
    await expect.poll(() => owner.get(KEY)).toBe('1')
    redis.disconnect()
  })

  it('that drops a connection is not sent the same command again', async () => {
    const redis = await connectedToAll()
    await redis.set(KEY, '0')
    await owner.call('CLIENT', 'PAUSE', '60000', 'WRITE')
    const counting = failure(redis.incr(KEY))
    await owner.call('CLIENT', 'KILL', 'ID', await ourConnection())
    await counting
    await owner.call('CLIENT', 'UNPAUSE')
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(Number(await owner.get(KEY))).toBeLessThanOrEqual(1)
    redis.disconnect()
  })

  it('never runs a command later that failed while a server was down', async () => {
    await owner.set(KEY, '0')
    const { pid = 0 } = cluster.servers.find(({ port }) => port === owner.options.port) ?? {}
    // The kernel still accepts connections for the stopped server, but the server does not answer.
    process.kill(pid, 'SIGSTOP')
    const redis = await connected(cluster.url, 'commands')
    await failure(redis.incr(KEY))
    process.kill(pid, 'SIGCONT')
    await expect.poll(() => redis.get(KEY).catch(() => null), { timeout: 30_000 }).toBe('0')
    redis.disconnect()
  })

  it('that has moved a slot receives the next command at its new server', async () => {
    const redis = await connectedToAll()
    await redis.set(KEY, '0')
    const slot = await slotOf(cluster.ports[0] ?? 0, KEY)
    const from = await ownerOfSlot(cluster.ports, slot)
    const to = cluster.ports.find((port) => port !== from) ?? 0
    await moveSlot(cluster.ports, slot, to)
    expect(await ownerOfSlot(cluster.ports, slot)).toBe(to)
    expect(await redis.incr(KEY)).toBe(1)
    await moveSlot(cluster.ports, slot, from)
    expect(await redis.incr(KEY)).toBe(2)
    redis.disconnect()
  })

  it('is refused if any of its servers may evict keys', async () => {
    const redis = await connectedToAll()
    expect(await storeFaults(redis, someKeys)).toEqual([])
    await owner.config('SET', 'maxmemory-policy', 'allkeys-lru')
    expect(await storeFaults(redis, someKeys)).toEqual([expect.stringContaining('noeviction')])
    expect(await storeNotReady(redis, someKeys)).toContain('noeviction')
    await owner.config('SET', 'maxmemory-policy', 'noeviction')
    expect(await storeNotReady(redis, someKeys)).toBeNull()
    redis.disconnect()
  })
})

describe('Sentinels', { timeout: 2 * FAILOVER_MS }, () => {
  let watched: RedisSentinel
  beforeEach(async () => {
    // A server that stalls for two seconds is not down.
    watched = await startRedisSentinel({ downAfterMs: 3_000 })
  })
  afterEach(() => watched.stop())

  it('lead both kinds of connection to the new primary, and commands fail fast until then', async () => {
    const [redis, waiting] = [
      await connected(watched.url, 'commands'),
      await connected(watched.url, 'worker'),
    ]
    expect(await waiting.set(KEY, '0')).toBe('OK')
    // The replica may still lack a write that the primary has acknowledged.
    await expect.poll(() => waiting.wait(1, 300)).toBe(1)
    await watched.primary.kill()
    await failure(redis.incr(KEY))
    const late = waiting.set('later', '1')
    await expect.poll(() => redis.set('after', '1').catch(() => null), { timeout: FAILOVER_MS }).toBe('OK')
    // This Sentinel may not be the one that named the new primary to the client.
    await expect.poll(() => watched.primaryPort()).toBe(watched.replica.port)
    expect(await late).toBe('OK')
    expect(await waiting.get(KEY)).toBe('0')
    redis.disconnect()
    waiting.disconnect()
  })

  it('lead both kinds of connection away from a primary that hangs without closing them', async () => {
    const [redis, waiting] = [
      await connected(watched.url, 'commands'),
      await connected(watched.url, 'worker'),
    ]
    process.kill(watched.primary.pid, 'SIGSTOP')
    expect(await failure(redis.incr(KEY))).toMatchObject({ message: 'redis: test: timed out' })
    const late = waiting.set('later', '1')
    await expect.poll(() => redis.set('after', '1').catch(() => null), { timeout: FAILOVER_MS }).toBe('OK')
    expect(await late).toBe('OK')
    process.kill(watched.primary.pid, 'SIGCONT')
    redis.disconnect()
    waiting.disconnect()
  })
})
