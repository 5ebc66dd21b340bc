import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { createLogger } from '../../src/logger.ts'
import { asStoreError, connectRedis, StoreError, type ConnectionKind } from '../../src/redis/connect.ts'
import { faultsAtBoot, storeFaults } from '../../src/redis/server-faults.ts'
import { storeNotReady } from '../../src/process/readiness.ts'
import { newKeys } from '../store.ts'
import { createScript } from '../../src/redis/script.ts'
import { untilReady } from '../until-ready.ts'

const someKeys = newKeys()
const log = createLogger('test', 'silent')
let server: RedisServer
beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

/**
 * Connects. The kind `operator` fails as `commands` does, but waits longer for an answer. So a busy test machine causes no
 * refusals where a command must succeed.
 */
async function connected(kind: 'commands' | 'operator' | 'worker' = 'operator') {
  const redis = connectRedis(server.url, kind, log)
  await untilReady(redis)
  return redis
}

/** The error that a request gets when this call fails. */
async function failure(call: Promise<unknown>): Promise<StoreError> {
  const err: unknown = await asStoreError('test', call).catch((reason: unknown) => reason)
  if (!(err instanceof StoreError)) throw new Error('the call did not fail with a StoreError')
  return err
}

/** The options of a connection of this kind, without functions, the name and the deadline. */
function rulesOf(url: string, kind: ConnectionKind): string {
  const redis = connectRedis(url, kind, log)
  redis.disconnect()
  return JSON.stringify(redis.options, (name, value: unknown) =>
    ['connectionName', 'commandTimeout'].includes(name) ? undefined : value,
  )
}

describe('a connection that fails fast', () => {
  it.each(['redis://127.0.0.1:1', 'redis+sentinel://127.0.0.1:1/one', 'redis+cluster://127.0.0.1:1'])(
    'has the same rules for each kind, at %s',
    (url) => {
      const rules = rulesOf(url, 'commands')
      expect(rules).toContain('"enableOfflineQueue":false')
      expect([rulesOf(url, 'producer'), rulesOf(url, 'operator')]).toEqual([rules, rules])
      expect(rulesOf(url, 'worker')).not.toBe(rules)
    },
  )

  it('fails at once if Redis was never reachable', async () => {
    const redis = connectRedis('redis://127.0.0.1:1', 'commands', log)
    await failure(redis.get('x'))
    expect(await storeNotReady(redis, someKeys)).toBe('redis does not answer, or takes no writes')
    redis.disconnect()
  })

  it('gives up on a Redis that hangs, although the command may still run', async () => {
    const [redis, other] = [await connected('commands'), await connected('worker')]
    await other.call('CLIENT', 'PAUSE', '60000', 'WRITE')
    const err = await failure(redis.incr('hung'))
    expect(err.message).toBe('redis: test: timed out')
    await other.call('CLIENT', 'UNPAUSE')
    await expect.poll(() => other.get('hung')).toBe('1')
    redis.disconnect()
    other.disconnect()
  })

  it('never sends a command twice', async () => {
    const [redis, other] = [await connected(), await connected('worker')]
    await other.set('once', '0')
    const id = String(await redis.client('ID'))
    await other.call('CLIENT', 'PAUSE', '60000', 'WRITE')
    const counting = failure(redis.incr('once'))
    // The connection is closed before the answer arrives.
    await other.call('CLIENT', 'KILL', 'ID', id)
    await counting
    await other.call('CLIENT', 'UNPAUSE')
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(Number(await other.get('once'))).toBeLessThanOrEqual(1)
    redis.disconnect()
    other.disconnect()
  })

  it('never runs a command later that failed while Redis was down', async () => {
    const [redis, other] = [await connected(), await connected('worker')]
    const id = String(await redis.client('ID'))
    // The command is given at that moment, because the client may be back before the answer to the next command.
    const refused = new Promise((resolve) => {
      redis.once('reconnecting', () => resolve(failure(redis.incr('late'))))
    })
    const back = new Promise((resolve) => redis.once('ready', resolve))
    await other.call('CLIENT', 'KILL', 'ID', id)
    await refused
    await back
    await redis.ping()
    expect(await other.get('late')).toBeNull()
    redis.disconnect()
    other.disconnect()
  })

  it('leaves a server that has become a replica, and does not repeat the refused command', async () => {
    const primary = await startRedis()
    const [redis, other] = [await connected(), await connected('worker')]
    await other.call('REPLICAOF', '127.0.0.1', String(primary.port))
    const back = new Promise((resolve) => redis.once('ready', resolve))
    const err = await failure(redis.incr('refused'))
    expect(err).toMatchObject({ message: 'redis: test: READONLY' })
    await other.call('REPLICAOF', 'NO', 'ONE')
    await back
    await redis.ping()
    expect(await other.get('refused')).toBeNull()
    redis.disconnect()
    other.disconnect()
    await primary.stop()
  })

  it('puts nothing of the command into its error', async () => {
    const redis = await connected()
    await redis.set('13912345678', 'x')
    const err = await failure(redis.incr('13912345678'))
    expect(Object.keys(err).toSorted()).toEqual(['name'])
    expect(err.cause).toBeUndefined()
    expect(err.message).not.toContain('139')
    redis.disconnect()
  })
})

const dir = mkdtempSync(join(tmpdir(), 'sms-codes-script-'))
afterAll(() => rmSync(dir, { recursive: true }))

/** Writes a script to a file. */
function scriptOf(lua: string): URL {
  const file = join(dir, 'script.lua')
  writeFileSync(file, lua)
  return pathToFileURL(file)
}

describe('a script', () => {
  it('runs again after the server has lost its scripts', async () => {
    const redis = await connected()
    const echo = createScript(redis, scriptOf("return {'said', 'word', ARGV[1], 'length', #ARGV[1]}"))
    const ask = async (word: string) => {
      const reply = await echo(['{a}'], [word])
      return [reply.kind, reply.text('word'), reply.number('length')]
    }
    expect(await ask('x')).toEqual(['said', 'x', 1])
    await redis.script('FLUSH')
    expect(await ask('y')).toEqual(['said', 'y', 1])
    redis.disconnect()
  })

  it('with an unexpected answer throws a TypeError, because the store is not down', async () => {
    const redis = await connected()
    const run = (lua: string) => createScript(redis, scriptOf(lua))([])
    await expect(run('return 1')).rejects.toThrow(TypeError)
    await expect(run('return {false}')).rejects.toThrow(TypeError)
    const reply = await run("return {'said', 'word', 'x'}")
    expect(() => reply.text('length')).toThrow('script script: the answer "said" has no length')
    redis.disconnect()
  })
})

describe('the server', () => {
  it('is not ready while it answers reads and refuses writes', async () => {
    const redis = await connected()
    expect(await storeNotReady(redis, someKeys)).toBeNull()
    await redis.config('SET', 'maxmemory', '1')
    expect(await redis.ping()).toBe('PONG')
    expect(await storeNotReady(redis, someKeys)).toBe('redis does not answer, or takes no writes')
    await redis.config('SET', 'maxmemory', '0')
    expect(await storeNotReady(redis, someKeys)).toBeNull()
    redis.disconnect()
  })

  it('is refused if it does not have the database in REDIS_URL', async () => {
    for (const [db, faults] of [
      [3, []],
      [99, ['REDIS_URL: the server does not have that database']],
    ] as const) {
      const redis = connectRedis(`${server.url}/${db}`, 'operator', log)
      expect(await faultsAtBoot(redis, someKeys)).toEqual(faults)
      expect(await storeFaults(redis, someKeys)).toEqual(faults)
      redis.disconnect()
    }
  })

  it('is refused if it may evict keys', async () => {
    const redis = await connected()
    expect(await storeFaults(redis, someKeys)).toEqual([])
    await redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
    expect(await storeFaults(redis, someKeys)).toEqual([expect.stringContaining('noeviction')])
    expect(await storeNotReady(redis, someKeys)).toContain('noeviction')
    await redis.config('SET', 'maxmemory-policy', 'noeviction')
    redis.disconnect()
  })
})
