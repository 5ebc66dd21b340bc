import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGuardCounts, GROUPS, memberOf, type Grouped } from '../../src/limits/guard-counts.ts'
import { keys } from '../../src/redis/keys.ts'
import { newMobile, startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

const windows = { segment: 900, address: 3_600, service: 900 }
const counts = () => createGuardCounts(store.redis, windows)

let next = 0
/** A code whose segment and address no other test uses. */
const newCode = () => {
  next += 1
  const grouped: Grouped = { mobile: `139${String(1_000 + next)}0001`, address: `address-${next}` }
  return { rid: `phone.code-${next}`, grouped }
}

/** The entries of the segment and of the address, with the member and its time. */
const entriesOf = (what: 'sent' | 'verified', grouped: Grouped) =>
  Promise.all(
    (['segment', 'address'] as const).map((group) =>
      store.redis.zrange(keys.guard(what, group, memberOf(group, grouped)), 0, '-1', 'WITHSCORES'),
    ),
  )
const countOf = async (what: 'sent' | 'verified', grouped: Grouped) => {
  const found = await entriesOf(what, grouped)
  expect(found[0]).toEqual(found[1])
  return (found[0] ?? []).length / 2
}

describe('the counts of the pumping guard', () => {
  it('count a send once in each group, even if its job runs twice', async () => {
    const { rid, grouped } = newCode()
    for (let run = 0; run < 3; run++) await counts().countSent({ rid, n: 1 }, grouped)
    expect(await countOf('sent', grouped)).toBe(1)
    await counts().countSent({ rid, n: 2 }, grouped)
    expect(await countOf('sent', grouped)).toBe(2)
    const service = await store.redis.zrange(keys.guard('sent', 'service', 'all'), 0, '-1')
    expect(service.filter((member) => member.startsWith(rid.slice('phone.'.length)))).toHaveLength(2)
  })

  it('keep the time of the first count of a send and of a verified code', async () => {
    const { rid, grouped } = newCode()
    const countBoth = async () => {
      await counts().countSent({ rid, n: 1 }, grouped)
      await counts().countVerified({ rid, n: 1 }, grouped, false)
      return [...(await entriesOf('sent', grouped)), ...(await entriesOf('verified', grouped))].map(
        ([, at]) => at,
      )
    }
    const times = await countBoth()
    await store.pass(60)
    expect(await countBoth()).toEqual(times.map((at) => String(Number(at) - 60_000)))
  })

  it('count a verified code once, at the time of its newest counted send', async () => {
    const { rid, grouped } = newCode()
    for (const n of [1, 2]) await counts().countSent({ rid, n }, grouped)
    await store.pass(60)
    // The newest send, 3, never left.
    for (let call = 0; call < 2; call++) await counts().countVerified({ rid, n: 3 }, grouped, false)
    expect(await countOf('sent', grouped)).toBe(2)
    const [sent] = await entriesOf('sent', grouped)
    const [verified] = await entriesOf('verified', grouped)
    expect(verified).toEqual([rid.slice('phone.'.length), sent?.[3]])
  })

  it('let a send and its verified code leave the window together', async () => {
    const { rid, grouped } = newCode()
    await counts().countSent({ rid, n: 1 }, grouped)
    await store.pass(300)
    await counts().countVerified({ rid, n: 1 }, grouped, false)
    await store.pass(601)
    const other = newCode()
    const both = { rid: other.rid, grouped: { ...grouped, address: other.grouped.address } }
    await counts().countSent({ rid: both.rid, n: 1 }, both.grouped)
    await counts().countVerified({ rid: both.rid, n: 1 }, both.grouped, false)
    const segment = memberOf('segment', grouped)
    for (const what of ['sent', 'verified'] as const)
      expect(await store.redis.zcard(keys.guard(what, 'segment', segment))).toBe(1)
  })

  it('count the send of a code that was verified before its send was counted, and count it once', async () => {
    const { rid, grouped } = newCode()
    await counts().countVerified({ rid, n: 1 }, grouped, false)
    await counts().countSent({ rid, n: 1 }, grouped)
    expect([await countOf('sent', grouped), await countOf('verified', grouped)]).toEqual([1, 1])
  })

  it('count a code that may have come by e-mail only if one of its sends was counted', async () => {
    const { rid, grouped } = newCode()
    await counts().countVerified({ rid, n: 1 }, grouped, true)
    expect([await countOf('sent', grouped), await countOf('verified', grouped)]).toEqual([0, 0])
    await counts().countSent({ rid, n: 1 }, grouped)
    await counts().countVerified({ rid, n: 2 }, grouped, true)
    expect([await countOf('sent', grouped), await countOf('verified', grouped)]).toEqual([1, 1])
  })

  it('are kept as long as the window of their group, and contain no pseudonym of a phone', async () => {
    const mobile = newMobile()
    const ph = store.keyring.pseudonym(mobile)
    await counts().countSent({ rid: `${ph}.code`, n: 1 }, { mobile, address: 'some-address' })
    const grouped = { mobile, address: 'some-address' }
    for (const group of GROUPS) {
      const key = keys.guard('sent', group, memberOf(group, grouped))
      expect(Math.ceil((await store.redis.pttl(key)) / 1000)).toBe(windows[group])
      expect((await store.redis.zrange(key, 0, '-1')).join(' ')).not.toContain(ph)
    }
  })
})
