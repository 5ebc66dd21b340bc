import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { Worker } from 'bullmq'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findRedis, startRedis } from '@sms-codes/launcher/redis'
import { startRedisCluster, type RedisCluster } from '@sms-codes/test-servers/redis-cluster'
import { findValkey } from '@sms-codes/test-servers/valkey'
import { createCodeStore } from '../../src/codes/code-store.ts'
import { createKeyring } from '../../src/keyring.ts'
import { createLogger } from '../../src/logger.ts'
import { QUEUE_PREFIX } from '../../src/queues/queue-options.ts'
import { createSendQueue, SMS_QUEUE, type SendJob } from '../../src/queues/send-queue.ts'
import { createSendLedger } from '../../src/codes/send-ledger.ts'
import { listScripts } from '../scripts.ts'
import { aMobile, policy, sendOf } from '../store.ts'
import { story } from '../story.ts'

const LEASE_MS = 6_500
const PHONES = 60
const keyring = createKeyring({
  phoneKey: randomBytes(32),
  codeKeys: [{ kid: 'k1', key: randomBytes(32) }],
})

/** Those that this machine has. */
const servers = [
  { name: 'Redis', binary: findRedis() },
  { name: 'Valkey', binary: findValkey() },
].flatMap(({ name, binary }) => (binary === null ? [] : [{ name, binary }]))

let nodes: RedisCluster
let cluster: Cluster
beforeAll(async () => {
  nodes = await startRedisCluster()
  cluster = new Cluster(nodes.ports.map((port) => ({ host: '127.0.0.1', port })))
  await once(cluster, 'ready')
})
afterAll(async () => {
  cluster.disconnect()
  await nodes.stop()
})

/** The names of our scripts that a server does not know, because they were never run there. */
async function neverRun(redis: Redis): Promise<string[]> {
  const all = listScripts()
  const known = await redis.script('EXISTS', ...all.map(({ sha }) => sha))
  return all.flatMap(({ name }, i) => (Array.isArray(known) && known[i] === 1 ? [] : [name]))
}

describe('on a cluster of three servers', () => {
  it.each(servers)(
    'every script answers as on one $name, whichever server a phone lies on',
    async ({ binary }) => {
      const server = await startRedis({ binary })
      const alone = new Redis(server.url)
      await Promise.all(cluster.nodes('master').map((node) => node.flushall()))
      const mobiles = Array.from({ length: PHONES }, aMobile)
      const expected = await Promise.all(mobiles.map((mobile) => story(alone, keyring, mobile)))
      expect(await Promise.all(mobiles.map((mobile) => story(cluster, keyring, mobile)))).toEqual(expected)
      // The comparison is worth something only if the story goes all the way, by every script, and over all
      // the servers.
      const ok = {
        kind: 'ok',
        rid: 'string',
        channel: 'sms',
        gateway: 'aliyun',
        askedBy: '',
        isCounted: false,
        at: 'number',
      }
      expect(expected[0]).toContainEqual({ ...ok, isAgain: false })
      expect(expected[0]).toContainEqual({ ...ok, isAgain: true })
      expect(await neverRun(alone)).toEqual([])
      const held = await Promise.all(cluster.nodes('master').map((node) => node.keys('sms:{*}:code:*')))
      expect(held.map(({ length }) => length > 0)).toEqual([true, true, true])
      expect(held.flat()).toHaveLength(PHONES)
      alone.disconnect()
      await server.stop()
    },
  )

  it('exactly one of 100 right tries at once wins, for each of ten phones', async () => {
    const codes = createCodeStore(cluster, keyring, () => policy)
    const ledger = createSendLedger(cluster, keyring)
    for (const mobile of Array.from({ length: 10 }, aMobile)) {
      const claim = await ledger.claim(sendOf(await codes.issue(mobile, 'default')), 'ccp', {
        fence: 0,
        leaseMs: LEASE_MS,
      })
      const code = claim.kind === 'go' ? claim.code : ''
      const tries = Array.from({ length: 100 }, () => codes.verify(mobile, 'default', code, undefined))
      expect((await Promise.all(tries)).filter(({ kind }) => kind === 'ok')).toHaveLength(1)
    }
  })

  it('the send queue takes every job once, and a worker gets them all', async () => {
    const codes = createCodeStore(cluster, keyring, () => policy)
    const queue = createSendQueue(cluster, createLogger('test', 'silent'))
    const connection = new Cluster(
      nodes.ports.map((port) => ({ host: '127.0.0.1', port })),
      { redisOptions: { maxRetriesPerRequest: null } },
    )
    const seen: string[] = []
    const worker = new Worker<SendJob>(
      SMS_QUEUE,
      async ({ data }) => {
        seen.push(data.rid)
      },
      { connection, prefix: QUEUE_PREFIX, concurrency: 10 },
    )
    const mobiles = Array.from({ length: PHONES }, aMobile)
    const sends = await Promise.all(
      mobiles.map(async (mobile) => sendOf(await codes.issue(mobile, 'default'))),
    )
    const jobs = sends.map((send) => ({ v: 1 as const, ...send, to: '138****8000', segment: '138' }))
    await Promise.all([...jobs, ...jobs].map((job) => queue.add(job)))
    await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(PHONES)
    expect(seen.toSorted()).toEqual(sends.map(({ rid }) => rid).toSorted())
    await Promise.all([worker.close(), queue.close()])
    connection.disconnect()
  })
})
