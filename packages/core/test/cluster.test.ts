import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { Worker } from 'bullmq'
import { Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRedis, type RedisServer } from '@sms-codes/launcher/redis'
import { startRedisCluster, type RedisCluster } from '@sms-codes/launcher/redis-cluster'
import { createCodeStore } from '../src/code-store.ts'
import { createContacts } from '../src/contacts.ts'
import { createKeyring } from '../src/keyring.ts'
import { keys } from '../src/keys.ts'
import { createLimits } from '../src/limits.ts'
import { createLogger } from '../src/logger.ts'
import { createSendQueue, QUEUE_PREFIX, SMS_QUEUE, type SendJob } from '../src/queues.ts'
import type { RedisClient } from '../src/redis.ts'
import { createScript } from '../src/script.ts'
import { REDEEM } from '../src/scripts/redeem.ts'
import { createSendLedger } from '../src/send-ledger.ts'
import { agePhone } from './age.ts'
import { aMobile, policy, sendOf, wrong } from './store.ts'

const LEASE_MS = 6_500
const PHONES = 60
const keyring = createKeyring({
  phoneKey: randomBytes(32),
  codeKeys: [{ kid: 'k1', key: randomBytes(32) }],
})

let server: RedisServer
let nodes: RedisCluster
let alone: Redis
let cluster: Cluster
beforeAll(async () => {
  ;[server, nodes] = await Promise.all([startRedis(), startRedisCluster()])
  alone = new Redis(server.url)
  cluster = new Cluster(nodes.ports.map((port) => ({ host: '127.0.0.1', port })))
  await once(cluster, 'ready')
})
afterAll(async () => {
  alone.disconnect()
  cluster.disconnect()
  await Promise.all([server.stop(), nodes.stop()])
})

/** Two messages to a phone and what its owner and a worker do with them, by way of every script. */
async function story(redis: RedisClient, mobile: string): Promise<unknown[]> {
  const codes = createCodeStore(redis, keyring, () => policy)
  const ledger = createSendLedger(redis, keyring)
  const limits = createLimits(redis)
  const gate = (['address', 'subnet', 'segment', 'budget'] as const).map((what) => ({
    key: keys.gate(what, mobile),
    windows: [{ most: 1, seconds: 60 }],
  }))
  const ph = keyring.pseudonym(mobile)
  const answers: unknown[] = []
  const told = <T>(answer: T): T => {
    answers.push(answer)
    return answer
  }

  const taken = told(await limits.take(gate))
  told(await limits.take(gate))
  for (const limit of gate) told(await limits.count(limit))
  await limits.giveBack(
    taken.kind === 'taken' ? taken.member : '',
    gate.map(({ key }) => key),
  )
  told(await limits.take(gate))

  const undone = sendOf(told(await codes.issue(mobile, 'default')))
  told(await codes.refund(undone))
  told(await codes.refund(undone))
  const first = sendOf(told(await codes.issue(mobile, 'default')))
  told(await codes.issue(mobile, 'login'))
  const claim = told(await ledger.claim(first, 'ccp', 0, LEASE_MS))
  told(await ledger.claim(first, 'aliyun', 0, LEASE_MS))
  await agePhone(redis, ph, 61)
  const code = claim.kind === 'go' ? claim.code : ''
  told(await ledger.claim(first, 'aliyun', 0, LEASE_MS))
  told(await ledger.settle(first, 1, { status: 'failed' }))
  told(await ledger.settle(first, 2, { status: 'sent', gateway: 'aliyun', channel: 'sms' }))

  const again = sendOf(told(await codes.issue(mobile, 'default')))
  told(await codes.verify(mobile, 'default', wrong(code), undefined))
  told(await codes.verify(mobile, 'default', wrong(code), first.rid))
  told(await codes.verify(mobile, 'login', code, undefined))
  told(await codes.verify(mobile, 'default', code, first.rid))
  told(await codes.verify(mobile, 'default', code, first.rid))
  told(await ledger.claim(again, 'ccp', 0, LEASE_MS))
  told(await codes.find(first.rid, ['default', 'login']))
  const contacts = createContacts(redis, keyring)
  const other = String(Number(mobile) + 1_000_000)
  await codes.issue(other, 'login')
  await contacts.put(other, { email: 'a@b.example', verifiedAt: '2026-01-01T00:00:00.000Z' })
  told(await contacts.find(other))
  told(await contacts.erase(other, ['default', 'login']))
  told(await contacts.find(other))
  const redeem = createScript(redis, 'redeem', REDEEM)
  told(await redeem([keys.redeemed(mobile)], [4_000_000_000_000]))
  told(await redeem([keys.redeemed(mobile)], [4_000_000_000_000]))
  return answers.map((answer) => comparable(answer))
}

const RANDOM = new Set(['member', 'code', 'rid', 'requestId', 'at'])
const SECONDS = new Set(['expiresIn', 'resendAfter', 'retryAfter'])
const MILLISECONDS = new Set(['lifeMs', 'ageMs', 'ms'])
const MOMENTS = new Set(['doubtAt', 'times'])

/** Without what is random, and with times rounded up to minutes: the stories do not run at one speed. */
function comparable(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) return answer
  return Object.fromEntries(
    Object.entries(answer).map(([name, value]: [string, unknown]) => {
      if (RANDOM.has(name)) return [name, typeof value]
      if (SECONDS.has(name)) return [name, Math.ceil(Number(value) / 60)]
      if (MILLISECONDS.has(name)) return [name, Math.ceil(Number(value) / 60_000)]
      if (MOMENTS.has(name)) return [name, Boolean(value)]
      return [name, comparable(value)]
    }),
  )
}

describe('on a cluster of three servers', () => {
  it('every script answers as on one server, whichever server a phone lies on', async () => {
    const mobiles = Array.from({ length: PHONES }, aMobile)
    const expected = await Promise.all(mobiles.map((mobile) => story(alone, mobile)))
    expect(await Promise.all(mobiles.map((mobile) => story(cluster, mobile)))).toEqual(expected)
    // The comparison is worth something only if the story goes all the way, and over all the servers.
    expect(expected[0]).toContainEqual({
      kind: 'ok',
      rid: 'string',
      channel: 'sms',
      from: '',
      at: 'number',
      again: false,
    })
    const held = await Promise.all(cluster.nodes('master').map((node) => node.keys('sms:{*}:code:*')))
    expect(held.map(({ length }) => length > 0)).toEqual([true, true, true])
    expect(held.flat()).toHaveLength(PHONES)
  })

  it('exactly one of 100 right tries at once wins, for each of ten phones', async () => {
    const codes = createCodeStore(cluster, keyring, () => policy)
    const ledger = createSendLedger(cluster, keyring)
    for (const mobile of Array.from({ length: 10 }, aMobile)) {
      const claim = await ledger.claim(sendOf(await codes.issue(mobile, 'default')), 'ccp', 0, LEASE_MS)
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
    const jobs = sends.map((send) => ({ v: 1 as const, ...send, to: '138****8000' }))
    await Promise.all([...jobs, ...jobs].map((job) => queue.add(job)))
    await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(PHONES)
    expect(seen.toSorted()).toEqual(sends.map(({ rid }) => rid).toSorted())
    await Promise.all([worker.close(), queue.close()])
    connection.disconnect()
  })
})
