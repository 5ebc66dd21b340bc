import { Worker } from 'bullmq'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findRedis, startRedis } from '@sms-codes/launcher/redis'
import { startRedisCluster, type RedisCluster } from '@sms-codes/test-servers/redis-cluster'
import { findValkey } from '@sms-codes/test-servers/valkey'
import { createCodeStore } from '../../src/codes/code-store.ts'
import { createLogger } from '../../src/logger.ts'
import { keys } from '../../src/redis/keys.ts'
import { QUEUE_PREFIX } from '../../src/queues/queue-options.ts'
import { createQueueState } from '../../src/queues/queue-state.ts'
import { createSendQueue, SMS_QUEUE, type SendJob } from '../../src/queues/send-queue.ts'
import { createSmsQueue, leftoverQueues, smsQueues } from '../../src/queues/shards.ts'
import { probeWrites } from '../../src/redis/connect.ts'
import { createSendLedger } from '../../src/codes/send-ledger.ts'
import { listScripts } from '../scripts.ts'
import { runEveryScript } from '../every-script.ts'
import { newKeyring, newMobile, policy, sendOf } from '../store.ts'
import { untilReady } from '../until-ready.ts'

const LEASE_MS = 6_500
const PHONES = 60
const keyring = newKeyring()

/** The servers that are installed on this machine. */
const servers = [
  { name: 'Redis', binary: findRedis() },
  { name: 'Valkey', binary: findValkey() },
].flatMap(({ name, binary }) => (binary === null ? [] : [{ name, binary }]))

let nodes: RedisCluster
let cluster: Cluster
beforeAll(async () => {
  nodes = await startRedisCluster()
  cluster = new Cluster(nodes.ports.map((port) => ({ host: '127.0.0.1', port })))
  await untilReady(cluster)
})
afterAll(async () => {
  cluster.disconnect()
  await nodes.stop()
})

/** The names of the scripts that never ran on this server, so that it does not know them. */
async function neverRun(redis: Redis): Promise<string[]> {
  // A process puts its rules before the text of `admission`, so the SHA of the file alone does not name that script.
  const all = listScripts().filter(({ name }) => name !== 'admission')
  const known = await redis.script('EXISTS', ...all.map(({ sha }) => sha))
  return all.flatMap(({ name }, i) => (Array.isArray(known) && known[i] === 1 ? [] : [name]))
}

describe('on a Cluster of three servers', () => {
  it.each(servers)(
    'every script answers the same as on a single $name, for phones on all of the servers',
    async ({ binary }) => {
      const server = await startRedis({ binary })
      const alone = new Redis(server.url)
      await Promise.all(cluster.nodes('master').map((node) => node.flushall()))
      const mobiles = Array.from({ length: PHONES }, newMobile)
      const expected = await Promise.all(mobiles.map((mobile) => runEveryScript(alone, keyring, mobile)))
      const answers = await Promise.all(mobiles.map((mobile) => runEveryScript(cluster, keyring, mobile)))
      expect(answers).toEqual(expected)
      // The comparison is only worth something if every script ran and a code was verified, with phones on all servers.
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
      expect(expected[0]).toContainEqual({ kind: 'admitted', figures: {} })
      expect(await neverRun(alone)).toEqual([])
      const records = await Promise.all(cluster.nodes('master').map((node) => node.keys(keys.code('*', '*'))))
      expect(records.map(({ length }) => length > 0)).toEqual([true, true, true])
      expect(records.flat()).toHaveLength(PHONES)
      alone.disconnect()
      await server.stop()
    },
  )

  it('exactly one of 100 concurrent right guesses is accepted, for each of ten phones', async () => {
    const codes = createCodeStore(cluster, keyring, () => policy)
    const ledger = createSendLedger(cluster, keyring)
    for (const mobile of Array.from({ length: 10 }, newMobile)) {
      const claim = await ledger.claim(sendOf(await codes.issue(mobile, 'default')), 'ccp', {
        fence: 0,
        leaseMs: LEASE_MS,
      })
      const code = claim.kind === 'go' ? claim.code : ''
      const guesses = Array.from({ length: 100 }, () => codes.verify(mobile, 'default', code, undefined))
      expect((await Promise.all(guesses)).filter(({ kind }) => kind === 'ok')).toHaveLength(1)
    }
  })

  it('the shards of the queue lie on all servers, and each can be read and probed', async () => {
    await Promise.all(cluster.nodes('master').map((node) => node.flushall()))
    const [shards, log] = [4, createLogger('test', 'silent')]
    const queue = createSmsQueue(cluster, log, shards)
    const mobiles = Array.from({ length: PHONES }, newMobile)
    for (const mobile of mobiles) {
      const rid = `${keyring.pseudonym(mobile)}.${'r'.repeat(22)}`
      await queue.add({ v: 1, rid, scene: 'default', n: 1, to: '138****8000', segment: '138' })
    }
    const lists = await Promise.all(cluster.nodes('master').map((node) => node.keys('*:wait')))
    expect(lists.map(({ length }) => length).toSorted((a, b) => a - b)).toEqual([1, 1, 2])
    expect(lists.flat().toSorted()).toEqual(smsQueues(shards).map((name) => `{${name}}:${name}:wait`))
    const states = await Promise.all(smsQueues(shards).map((name) => createQueueState(cluster)(name)))
    expect(states.reduce((sum, { sends }) => sum + sends, 0)).toBe(PHONES)
    expect(await leftoverQueues(cluster, 1)).toEqual(smsQueues(shards))
    await probeWrites(cluster, smsQueues(shards))
    const probes = await Promise.all(cluster.nodes('master').map((node) => node.keys('*:probe')))
    expect(probes.map(({ length }) => length)).toEqual([2, 2, 2])
    await queue.close()
  })

  it('the send queue holds every job once, and a worker processes all of them', async () => {
    const codes = createCodeStore(cluster, keyring, () => policy)
    const queue = createSendQueue(cluster, createLogger('test', 'silent'))
    const connection = new Cluster(
      nodes.ports.map((port) => ({ host: '127.0.0.1', port })),
      { redisOptions: { maxRetriesPerRequest: null } },
    )
    const processed: string[] = []
    const worker = new Worker<SendJob>(
      SMS_QUEUE,
      async ({ data }) => {
        processed.push(data.rid)
      },
      { connection, prefix: QUEUE_PREFIX, concurrency: 10 },
    )
    const mobiles = Array.from({ length: PHONES }, newMobile)
    const sends = await Promise.all(
      mobiles.map(async (mobile) => sendOf(await codes.issue(mobile, 'default'))),
    )
    const jobs = sends.map((send) => ({ v: 1 as const, ...send, to: '138****8000', segment: '138' }))
    await Promise.all([...jobs, ...jobs].map((job) => queue.add(job)))
    await expect.poll(() => processed.length).toBe(PHONES)
    expect(processed.toSorted()).toEqual(sends.map(({ rid }) => rid).toSorted())
    await Promise.all([worker.close(), queue.close()])
    connection.disconnect()
  })
})
