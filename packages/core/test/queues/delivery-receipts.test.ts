import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogger } from '../../src/logger.ts'
import { createDeliveryReceipts, entryOf, readJob } from '../../src/queues/delivery-receipts.ts'
import { connectRedis, type RedisClient } from '../../src/redis/connect.ts'
import { keys } from '../../src/redis/keys.ts'
import { newMobile, sendOf, startStore } from '../store.ts'
import { untilReady } from '../until-ready.ts'

let store: Awaited<ReturnType<typeof startStore>>
let second: RedisClient
let receipts: ReturnType<typeof createDeliveryReceipts>
beforeAll(async () => {
  store = await startStore()
  second = connectRedis(store.server.url, 'operator', createLogger('test', 'silent'))
  await untilReady(second)
  receipts = createDeliveryReceipts(store.redis, store.keyring)
})
afterAll(async () => {
  second.disconnect()
  await store.stop()
})

const job = async () => ({
  v: 1 as const,
  ...sendOf(await store.codes.issue(newMobile(), 'default')),
  to: '138****8000',
  segment: '138',
})

describe('a delivery receipt', () => {
  it('finds the send with its message id, at the same gateway only', async () => {
    const expected = await job()
    expect(await receipts.expect('ccp', 'id-1', expected)).toBeNull()
    expect(await receipts.arrive('aliyun', 'id-1', 'delivered')).toBeNull()
    expect(await receipts.arrive('ccp', 'id-1', 'delivered')).toEqual(expected)
  })

  it('is expected for half an hour, and kept for half an hour if it came first', async () => {
    const before = await store.redis.keys(keys.message('*'))
    await receipts.expect('ccp', 'id-2', await job())
    await receipts.arrive('ccp', 'id-3', 'delivered')
    const created = (await store.redis.keys(keys.message('*'))).filter((key) => !before.includes(key))
    const lives = await Promise.all(created.map((key) => store.redis.pttl(key)))
    expect(lives.map((ms) => Math.ceil(ms / 60_000))).toEqual([30, 30])
  })

  it('of a message whose job has an old format finds no send and does no harm', async () => {
    const { segment: _segment, ...old } = await job()
    await receipts.expect('ccp', 'id-4', await job())
    for (const name of await store.redis.keys(keys.message('*')))
      await store.redis.hset(name, 'send', JSON.stringify(old))
    expect(await receipts.arrive('ccp', 'id-4', 'delivered')).toBeNull()
  })

  it('finds its send without being stored itself', async () => {
    const expected = await job()
    expect(await receipts.find('ccp', 'id-5')).toBeNull()
    expect(await receipts.expect('ccp', 'id-5', expected)).toBeNull()
    expect(await receipts.find('ccp', 'id-5')).toEqual(expected)
    expect(await receipts.expect('ccp', 'id-5', expected)).toBeNull()
  })

  it('is found by its send or finds its send, if both come at the same instant', async () => {
    for (let n = 0; n < 200; n += 1) {
      const own = createDeliveryReceipts(n % 2 === 0 ? store.redis : second, store.keyring)
      const [parked, found] = await Promise.all([
        receipts.expect('ccp', `race-${n}`, await job()),
        own.arrive('ccp', `race-${n}`, 'delivered'),
      ])
      expect([parked, found].filter((one) => one !== null)).toHaveLength(1)
    }
  })

  it.each([
    ['delivered', ['delivered', 'undelivered']],
    ['delivered', ['undelivered', 'delivered', 'undelivered']],
    ['undelivered', ['undelivered', 'undelivered']],
  ] as const)('that came before its send counts as %s after %j', async (state, reports) => {
    const id = reports.join('-')
    for (const report of reports) expect(await receipts.arrive('ccp', id, report)).toBeNull()
    expect(await receipts.expect('ccp', id, await job())).toBe(state)
  })
})

describe('a wait for a delivery receipt', () => {
  it('is overdue from its end on, the oldest first, and until it is ended', async () => {
    const [early, late] = [await job(), await job()]
    await receipts.beginWait(late, 2_000)
    await receipts.beginWait(early, 1_000)
    expect(await receipts.overdue(999, 10)).toEqual([])
    expect((await receipts.overdue(2_000, 10)).map(readJob)).toEqual([early, late])
    expect(await receipts.overdue(2_000, 1)).toEqual([entryOf(early)])
    await receipts.endWait(entryOf(early))
    expect(await receipts.overdue(2_000, 10)).toEqual([entryOf(late)])
    await receipts.endWait(entryOf(late))
  })
})
