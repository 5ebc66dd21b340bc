import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createContacts } from '../../src/codes/contacts.ts'
import { createSendLedger } from '../../src/codes/send-ledger.ts'
import { createFailureList, eraseFailures, readFailures } from '../../src/history/failures.ts'
import { createLogger } from '../../src/logger.ts'
import { keys } from '../../src/redis/keys.ts'
import { newMobile, sendOf, startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())
beforeEach(() => store.redis.del(keys.failures))

const log = createLogger('test', 'silent')
const ALL = { sinceMs: 0, hours: 24, most: 50 }
const failureOf = (reason: string, gateway = 'ccp') => ({
  channel: 'sms' as const,
  reason,
  gateway,
  code: '1',
})
const newSend = async () => sendOf(await store.codes.issue(newMobile(), 'default'))
/** The list is written without waiting, so its newest entries are there after a later command. */
const written = () => store.redis.ping()

describe('the list of failures', () => {
  it('has each failed send with its reason and the last answer of a gateway', async () => {
    const list = createFailureList(store.redis, 3_600, log)
    const ledger = createSendLedger(store.redis, store.keyring, () => {}, list)
    const claimOf = async (send: Awaited<ReturnType<typeof newSend>>, gateway: string) => {
      const claim = await ledger.claim(send, gateway, { fence: 0, leaseMs: 5_000 })
      return claim.kind === 'go' ? claim.fence : 0
    }
    const [refused, undelivered, late, crashed] = [
      await newSend(),
      await newSend(),
      await newSend(),
      await newSend(),
    ]
    const answer = { tookMs: 3, channel: 'sms' as const, gateway: 'ccp', class: 'number', code: '160042' }
    await ledger.settle(refused, await claimOf(refused, 'ccp'), {
      status: 'failed',
      reason: 'number',
      answer,
    })
    await ledger.settle(undelivered, await claimOf(undelivered, 'aliyun'), {
      status: 'sent',
      gateway: 'aliyun',
    })
    await ledger.report(undelivered, 'undelivered', false, 'MK:0001')
    await ledger.settle(late, await claimOf(late, 'ccp'), {
      status: 'queued',
      answer: { ...answer, class: 'switch_now', code: '500' },
    })
    await ledger.settleUnclaimed(crashed, { status: 'failed', reason: 'job_failed' })
    await store.pass(121)
    await ledger.claim(late, 'ccp', { fence: 0, leaseMs: 5_000 })
    await written()
    const failures = await readFailures(store.redis, ALL)
    expect(failures).toMatchObject([
      { ...late, channel: 'sms', reason: 'late', gateway: 'ccp', code: '500' },
      { ...crashed, channel: 'sms', reason: 'job_failed', gateway: '', code: '' },
      { ...undelivered, channel: 'sms', reason: 'undelivered', gateway: 'aliyun', code: 'MK:0001' },
      { ...refused, channel: 'sms', reason: 'number', gateway: 'ccp', code: '160042' },
    ])
  })

  it('has the answer before a look-up, because a look-up has no code', async () => {
    const list = createFailureList(store.redis, 3_600, log)
    const ledger = createSendLedger(store.redis, store.keyring, () => {}, list)
    const send = await newSend()
    const answer = {
      tookMs: 3,
      channel: 'sms' as const,
      gateway: 'tencent',
      class: 'ambiguous',
      code: 'ECONNRESET',
    }
    const first = await ledger.claim(send, 'tencent', { fence: 0, leaseMs: 5_000 })
    const fence = first.kind === 'go' ? first.fence : 0
    const second = await ledger.claim(send, 'tencent', { fence, leaseMs: 5_000, answer })
    await ledger.settle(send, second.kind === 'go' ? second.fence : 0, {
      status: 'failed',
      reason: 'ambiguous',
      answer: { ...answer, class: 'unknown', code: '' },
    })
    await written()
    expect(await readFailures(store.redis, ALL)).toMatchObject([{ gateway: 'tencent', code: 'ECONNRESET' }])
  })

  it('is read by reason, by gateway, since a time, and at most so many', async () => {
    const list = createFailureList(store.redis, 3_600, log)
    const [one, two, three] = [await newSend(), await newSend(), await newSend()]
    list(one, failureOf('late'))
    list(two, failureOf('number', 'aliyun'))
    list(three, failureOf('late', 'aliyun'))
    await written()
    const ridsOf = async (asked: object) =>
      (await readFailures(store.redis, { ...ALL, ...asked })).map(({ rid }) => rid)
    expect(await ridsOf({})).toEqual([three.rid, two.rid, one.rid])
    expect(await ridsOf({ reason: 'late' })).toEqual([three.rid, one.rid])
    expect(await ridsOf({ gateway: 'aliyun' })).toEqual([three.rid, two.rid])
    expect(await ridsOf({ gateway: 'aliyun', reason: 'late' })).toEqual([three.rid])
    expect(await ridsOf({ most: 1 })).toEqual([three.rid])
    expect(await ridsOf({ sinceMs: Date.now() + 60_000 })).toEqual([])
  })

  it('keeps about ten thousand failures, and reads all of them in pages', async () => {
    const list = createFailureList(store.redis, 3_600, log)
    const send = await newSend()
    for (let n = 1; n <= 12_000; n += 1) list({ ...send, n }, failureOf('late'))
    await written()
    const failures = await readFailures(store.redis, { ...ALL, most: 20_000 })
    expect(failures.length).toBeGreaterThanOrEqual(10_000)
    expect(failures.length).toBeLessThan(10_200)
    expect(failures[0]?.n).toBe(12_000)
    expect(new Set(failures.map(({ n }) => n)).size).toBe(failures.length)
  })

  it('ends after the time of the history, and is not written without one', async () => {
    createFailureList(store.redis, 3_600, log)(await newSend(), failureOf('late'))
    await written()
    expect(await store.redis.ttl(keys.failures)).toBeGreaterThan(3_590)
    await store.redis.del(keys.failures)
    createFailureList(store.redis, 0, log)(await newSend(), failureOf('late'))
    await written()
    expect(await store.redis.exists(keys.failures)).toBe(0)
  })

  it('has no failure that is older than the time of the history, and none is read', async () => {
    const ages = [5_400_000, 3_660_000, 1_800_000]
    for (const age of ages)
      await store.redis.xadd(keys.failures, Date.now() - age, 'send', `${age} 1 s sms r g c`)
    const ridsOf = async (hours: number) =>
      (await readFailures(store.redis, { ...ALL, hours })).map(({ rid }) => rid)
    expect(await ridsOf(2)).toEqual(['1800000', '3660000', '5400000'])
    expect(await ridsOf(1)).toEqual(['1800000'])
    expect(await ridsOf(0)).toEqual([])
    createFailureList(store.redis, 3_600, log)(await newSend(), failureOf('late'))
    await written()
    expect(await store.redis.xlen(keys.failures)).toBe(2)
  })

  it('loses the failures of an erased phone and keeps the others', async () => {
    const list = createFailureList(store.redis, 3_600, log)
    const mobile = newMobile()
    const own = sendOf(await store.codes.issue(mobile, 'default'))
    const other = await newSend()
    list(own, failureOf('late'))
    list(other, failureOf('late'))
    await written()
    const erased = await createContacts(store.redis, store.keyring).erase(mobile, ['default'])
    expect(erased).toContain('failures')
    expect((await readFailures(store.redis, ALL)).map(({ rid }) => rid)).toEqual([other.rid])
    expect(await eraseFailures(store.redis, store.keyring.pseudonym(mobile))).toBe(false)
  })
})
