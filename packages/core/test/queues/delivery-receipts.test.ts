import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDeliveryReceipts } from '../../src/queues/delivery-receipts.ts'
import { aMobile, sendOf, startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
let receipts: ReturnType<typeof createDeliveryReceipts>
beforeAll(async () => {
  store = await startStore()
  receipts = createDeliveryReceipts(store.redis, store.keyring)
})
afterAll(() => store.stop())

const job = async () => ({
  v: 1 as const,
  ...sendOf(await store.codes.issue(aMobile(), 'default')),
  to: '138****8000',
  segment: '138',
})

describe('a delivery receipt', () => {
  it('finds the send that is expected under its id, at its gateway only', async () => {
    const expected = await job()
    expect(await receipts.expect('ccp', 'id-1', expected)).toBeNull()
    expect(await receipts.arrive('aliyun', 'id-1', 'delivered')).toBeNull()
    expect(await receipts.arrive('ccp', 'id-1', 'delivered')).toEqual(expected)
  })

  it('is waited for, or waits, for half an hour', async () => {
    const before = await store.redis.keys('*:message')
    await receipts.expect('ccp', 'id-2', await job())
    await receipts.arrive('ccp', 'id-3', 'delivered')
    const held = (await store.redis.keys('*:message')).filter((key) => !before.includes(key))
    const lives = await Promise.all(held.map((key) => store.redis.pttl(key)))
    expect(lives.map((ms) => Math.ceil(ms / 60_000))).toEqual([30, 30])
  })

  it.each([
    ['delivered', ['delivered', 'undelivered']],
    ['delivered', ['undelivered', 'delivered', 'undelivered']],
    ['undelivered', ['undelivered', 'undelivered']],
  ] as const)('that waits for its send says %s after %j', async (state, words) => {
    const id = words.join('-')
    for (const word of words) expect(await receipts.arrive('ccp', id, word)).toBeNull()
    expect(await receipts.expect('ccp', id, await job())).toBe(state)
  })
})
