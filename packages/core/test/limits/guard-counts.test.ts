import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseCounter } from '../../src/limits/counters.ts'
import { createGuardCounts, memberOf, type Group, type Grouped } from '../../src/limits/guard-counts.ts'
import { createLogger } from '../../src/logger.ts'
import { keys } from '../../src/redis/keys.ts'
import { newMobile, startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

const windows = { segment: 900, address: 3_600, service: 900 }
const silent = createLogger('test', 'silent')
const counts = () => createGuardCounts(store.redis, windows, silent)

let next = 0
/** A send whose segment and address no other test uses. */
const newSend = (): Grouped => {
  next += 1
  return { mobile: `139${String(1_000 + next)}0001`, address: `address-${next}` }
}

/** The sends and the verified codes in the current bucket of a group, and in the bucket before. */
async function countsOf(group: Group, send: Grouped) {
  const stored = await store.redis.getBuffer(keys.guarded(group, memberOf(group, send)))
  const [sends, verified] = parseCounter(stored).windows
  return {
    sends: sends?.units[0] ?? 0,
    sendsBefore: sends?.units[1] ?? 0,
    verified: verified?.units[0] ?? 0,
    verifiedBefore: verified?.units[1] ?? 0,
  }
}

/** The scripts that Redis has run. */
async function scriptsRun(): Promise<number> {
  const stats = await store.redis.info('commandstats')
  return [...stats.matchAll(/^cmdstat_eval(?:sha)?:calls=([0-9]+)/gm)].reduce(
    (sum, [, calls]) => sum + Number(calls),
    0,
  )
}

describe('the counts of the pumping guard', () => {
  it('count sends and verified codes in each group', async () => {
    const send = newSend()
    const own = counts()
    own.countSent(send)
    own.countSent(send)
    own.countVerified(send)
    await own.flush()
    for (const group of ['segment', 'address'] as const)
      expect(await countsOf(group, send)).toEqual({
        sends: 2,
        sendsBefore: 0,
        verified: 1,
        verifiedBefore: 0,
      })
    expect((await countsOf('service', send)).sends).toBe(2)
  })

  it('are written by one script for many messages, within a second, without a call for it', async () => {
    const [own, sends] = [counts(), Array.from({ length: 100 }, newSend)]
    const before = await scriptsRun()
    for (const send of sends) own.countSent(send)
    for (const send of sends) own.countVerified(send)
    await expect.poll(async () => (await countsOf('address', sends[99] ?? newSend())).verified).toBe(1)
    expect((await scriptsRun()) - before).toBeLessThanOrEqual(2)
    for (const send of sends) expect(await countsOf('segment', send)).toMatchObject({ sends: 1, verified: 1 })
  })

  it('are written in several scripts if the messages have more groups than one script may have', async () => {
    const [own, sends] = [counts(), Array.from({ length: 900 }, newSend)]
    for (const send of sends) own.countSent(send)
    await own.flush()
    const found = await Promise.all(sends.map((send) => countsOf('address', send)))
    expect(found.filter((one) => one.sends !== 1)).toEqual([])
  })

  it('are not lost when a process stops: a flush waits for the write that is under way', async () => {
    const [own, send] = [counts(), newSend()]
    own.countSent(send)
    void own.flush()
    own.countSent(send)
    await own.flush()
    expect((await countsOf('segment', send)).sends).toBe(2)
  })

  it('of several processes add up', async () => {
    const send = newSend()
    const processes = [counts(), counts(), counts()]
    await Promise.all(
      processes.map(async (own) => {
        for (let i = 0; i < 10; i++) own.countSent(send)
        await own.flush()
      }),
    )
    expect((await countsOf('segment', send)).sends).toBe(30)
  })

  it('let a send and its verified code leave the window together', async () => {
    const [own, send] = [counts(), newSend()]
    own.countSent(send)
    own.countVerified(send)
    await own.flush()
    await store.pass(901)
    own.countSent(send)
    await own.flush()
    expect(await countsOf('segment', send)).toEqual({
      sends: 1,
      sendsBefore: 1,
      verified: 0,
      verifiedBefore: 1,
    })
    await store.pass(1_800)
    own.countVerified(send)
    await own.flush()
    expect(await countsOf('segment', send)).toEqual({
      sends: 0,
      sendsBefore: 0,
      verified: 1,
      verifiedBefore: 0,
    })
  })

  it('are kept for the window of their group after the newest, and contain no pseudonym of a phone', async () => {
    const mobile = newMobile()
    const own = counts()
    const send = { mobile, address: 'some-address' }
    own.countSent(send)
    await own.flush()
    for (const group of ['segment', 'address'] as const) {
      const key = keys.guarded(group, memberOf(group, send))
      const lifeMs = await store.redis.pttl(key)
      expect(lifeMs).toBeGreaterThan(windows[group] * 1000 - 10_000)
      expect(lifeMs).toBeLessThanOrEqual(windows[group] * 1000)
    }
    expect((await store.redis.keys('sms:{gate}:*')).join(' ')).not.toContain(store.keyring.pseudonym(mobile))
  })

  it('that Redis refuses are logged, and later counts are written', async () => {
    const lines: string[] = []
    const log = createLogger('test', 'warn', { write: (line: string) => void lines.push(line) })
    const [own, send] = [createGuardCounts(store.redis, windows, log), newSend()]
    await store.redis.config('SET', 'maxmemory', '1')
    own.countSent(send)
    await own.flush()
    await store.redis.config('SET', 'maxmemory', '0')
    expect(lines.join('')).toContain('counts of the pumping guard not written')
    own.countSent(send)
    await own.flush()
    expect((await countsOf('address', send)).sends).toBe(1)
  })
})
