import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { keys } from '@sms-codes/core/redis/keys'
import { phoneOf } from '@sms-codes/core/codes/send'
import { readHistory } from '@sms-codes/core/history/history'
import { createLogger } from '@sms-codes/core/logger'
import { connectRedis, type RedisClient } from '@sms-codes/core/redis/connect'
import { aMobile, startApiWith, type Api } from './api.ts'

// What codes occupy in Redis: one code as MEMORY USAGE reports it, and many as the memory of the whole data set grows.
// docs/operations.md quotes these figures. They are those of a jemalloc with size classes of 16 bytes.

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Each key is held this many times, because the buffers of connections change the memory of Redis by tens of kilobytes. */
const COPIES = 32
/**
 * The hash tables of Redis grow to powers of two. With 480 keys and their copies, they are as full as with 2 million, and
 * have room for up to a thousand keys that the API still writes during the measurement.
 */
const KEYS = 480

let api: Api
/** Without the short timeout of the API's own connection. */
let redis: RedisClient
beforeAll(async () => {
  api = await startApiWith({
    limits: {
      subnet: { attempts: ['1000000/10m'], sends: ['1000000/1h'], verifies: ['1000000/5m'] },
      segment: ['1000000/60s'],
    },
  })
  redis = connectRedis(api.server.url, 'worker', createLogger('test', 'silent'))
})
afterAll(async () => {
  redis.disconnect()
  await api.stop()
})
beforeEach(() => redis.flushall())

/** Sends a code, and returns its request id and what verifies it. */
async function send(header: object = {}) {
  const mobile = aMobile()
  const body = { mobile, ...(await api.captcha()), scene: 'default' }
  const request_id = String((await api.post('/v1/sms_codes', body, { ...header })).body['request_id'])
  return { mobile, request_id }
}

/** Bytes of the data set with its hash tables, without the buffers of connections. */
async function bytesOfAll(): Promise<number> {
  const stats = new Map<string, unknown>()
  const read = (list: unknown, path: string) => {
    if (!Array.isArray(list)) return
    for (let i = 0; i < list.length; i += 2) {
      stats.set(`${path}${String(list[i])}`, list[i + 1])
      read(list[i + 1], `${String(list[i])} `)
    }
  }
  read(await redis.memory('STATS'), '')
  const names = ['dataset.bytes', 'db.0 overhead.hashtable.main', 'db.0 overhead.hashtable.expires']
  return names.reduce((sum, name) => sum + Number(stats.get(name) ?? 0), 0)
}

/** Sends a code, which one gateway refuses and another accepts, which arrives and is verified. */
async function wholeWay() {
  const { mobile, request_id: rid } = await send()
  const { ledger } = api.deps
  const one = { rid, scene: 'default', n: 1 }
  const answer = { tookMs: 187, channel: 'sms' as const, gateway: 'ccp', class: 'switch_now', code: '160038' }
  const first = await ledger.claim(one, 'ccp', { fence: 0, leaseMs: 5_000 })
  const fence = first.kind === 'go' ? first.fence : 0
  const second = await ledger.claim(one, 'aliyun', { fence, leaseMs: 5_000, answer })
  await ledger.settle(one, second.kind === 'go' ? second.fence : 0, {
    status: 'sent',
    gateway: 'aliyun',
    answer: { ...answer, gateway: 'aliyun', class: 'accepted', code: 'OK' },
  })
  await ledger.report(one, 'delivered', false, 'DELIVERED')
  const sms_code = second.kind === 'go' ? second.code : ''
  await api.post('/v1/sms_codes/verify', { mobile, sms_code, request_id: rid })
  return rid
}

/**
 * Bytes that a code of each day occupies by the keys that are left an hour after it was sent. A key that lives for half a
 * day counts half, because only every second code of a day still has its key.
 * @param isCounted whether the keys with this name count
 */
async function bytesForADay(
  codes: number,
  act: () => Promise<unknown>,
  isCounted: (key: string) => boolean,
): Promise<number> {
  for (let i = 0; i < codes; i += 5) await Promise.all(Array.from({ length: 5 }, act))
  // The counts of minutes and hours do not grow with the codes.
  await api.deps.traffic.flush()
  for (const key of await redis.keys('sms:{gate}:traffic:*')) await redis.del(key)
  const dumps: { key: string; ms: number; dump: Buffer }[] = []
  for (const key of (await redis.keys('sms:*')).filter(isCounted)) {
    const ms = await redis.pttl(key)
    if (ms > HOUR_MS) dumps.push({ key, ms, dump: await redis.dumpBuffer(key) })
  }
  await redis.flushall()
  for (const { key, ms, dump } of dumps) {
    const copies = Array.from({ length: Math.round((COPIES * ms) / DAY_MS) }, (_, i) => String(i + 10))
    await Promise.all(copies.map((copy) => redis.restore(`${key.slice(0, -2)}${copy}`, ms, dump)))
  }
  const full = await bytesOfAll()
  await redis.flushall()
  return (full - (await bytesOfAll())) / codes / COPIES
}

const usage = async (key: string) => Number(await redis.memory('USAGE', key))

it('a code record is a listpack of less than 800 bytes, from its issue to its verification', async () => {
  const { mobile, request_id } = await send()
  const record = keys.code(phoneOf(request_id), 'default')
  const encoding = () => redis.object('ENCODING', record)
  expect([await encoding(), (await usage(record)) < 550]).toEqual(['listpack', true])
  await api.accept(request_id)
  const guess = { mobile, sms_code: await api.codeOf(request_id), request_id }
  expect(await api.post('/v1/sms_codes/verify', guess)).toMatchObject({ status: 200 })
  expect([await encoding(), (await usage(record)) < 800]).toEqual(['listpack', true])
})

it('at most 130 bytes are kept of the sends of a phone, and 160 of a send with an idempotency key', async () => {
  const { request_id } = await send({ 'idempotency-key': randomUUID() })
  expect(await usage(keys.sends(phoneOf(request_id)))).toBeLessThanOrEqual(130)
  const [slot = ''] = await redis.keys('sms:*:idempotency')
  expect(await usage(slot)).toBeLessThanOrEqual(160)
})

it('a code occupies at most 370 bytes for a day without its history, and 500 with an idempotency key', async () => {
  const withoutHistory = (name: string) => !name.endsWith(':history')
  const bytes = await bytesForADay(KEYS / 2, () => send(), withoutHistory)
  console.log(`${Math.round(bytes)} bytes per code`)
  expect(bytes).toBeLessThanOrEqual(370)
  const key = () => ({ 'idempotency-key': randomUUID() })
  const withKey = await bytesForADay(
    KEYS / 3,
    () => send(key()),
    (name) => name.endsWith(':idempotency'),
  )
  console.log(`${Math.round(withKey)} bytes per idempotency key`)
  expect(withKey).toBeLessThanOrEqual(130)
})

it('the history of a request with two calls, a delivery receipt and a verification occupies at most 350 bytes', async () => {
  const rid = await wholeWay()
  const [request] = await readHistory(redis, phoneOf(rid), 24)
  expect(request?.events.map((one) => (one.kind === 'call' ? one.class : one.status))).toEqual([
    'switch_now',
    'accepted',
    'sent',
    'delivered',
    'used',
  ])
  await redis.flushall()
  const bytes = await bytesForADay(KEYS, wholeWay, (name) => name.endsWith(':history'))
  console.log(`${Math.round(bytes)} bytes per history`)
  expect(bytes).toBeLessThanOrEqual(350)
})
