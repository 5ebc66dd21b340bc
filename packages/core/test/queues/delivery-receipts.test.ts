import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDeliveryReceipts } from '../../src/queues/delivery-receipts.ts'
import { keys } from '../../src/redis/keys.ts'
import { newMobile, sendOf, startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
let receipts: ReturnType<typeof createDeliveryReceipts>
beforeAll(async () => {
  store = await startStore()
  receipts = createDeliveryReceipts(store.redis, store.keyring)
})
afterAll(() => store.stop())

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
