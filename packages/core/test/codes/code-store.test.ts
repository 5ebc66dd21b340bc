import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodeStore } from '../../src/codes/code-store.ts'
import { createLogger } from '../../src/logger.ts'
import { phoneOf } from '../../src/codes/send.ts'
import { connectRedis } from '../../src/redis/connect.ts'
import { keys } from '../../src/redis/keys.ts'
import { leftOf } from '../left-of.ts'
import { concurrently, newMobile, policy, sendOf, startStore, wrong } from '../store.ts'
import { untilReady } from '../until-ready.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

/** Every key of a phone with its value, byte for byte. */
async function dumpOf(mobile: string) {
  const found = await store.keysOf(mobile)
  return Promise.all(found.toSorted().map(async (key) => [key, await store.redis.dump(key)]))
}

describe('issue', () => {
  it('answers how long the code lives and when the next send is allowed', async () => {
    const issued = await store.codes.issue(newMobile(), 'default')
    expect(issued).toMatchObject({
      kind: 'issued',
      expiresIn: 300,
      resendAfter: 60,
      send: { scene: 'default', n: 1 },
    })
  })

  it('accepts exactly one of 200 concurrent requests', async () => {
    const mobile = newMobile()
    const answers = await concurrently(200, () => store.codes.issue(mobile, 'default'))
    expect(answers.filter(({ kind }) => kind === 'issued')).toHaveLength(1)
  })

  it('changes nothing when it refuses', async () => {
    const mobile = newMobile()
    await store.codes.issue(mobile, 'default')
    const record = store.recordKey(mobile)
    await store.redis.pexpire(record, 100_000)
    const before = await dumpOf(mobile)
    const refused = await store.codes.issue(mobile, 'default')
    expect(refused).toMatchObject({ kind: 'throttled', windowSeconds: 60 })
    expect(await dumpOf(mobile)).toEqual(before)
    // A dump does not contain the time to live.
    expect(await store.redis.pttl(record)).toBeLessThanOrEqual(100_000)
  })

  it('sends a live code again instead of a new one, and permits new guesses without an id', async () => {
    const mobile = newMobile()
    const first = await store.codes.issue(mobile, 'default')
    const code = await store.codeOf(first)
    await store.codes.verify(mobile, 'default', wrong(code), undefined)
    await store.pass(61)
    const second = await store.codes.issue(mobile, 'default')
    expect(second).toMatchObject({ kind: 'issued', expiresIn: 300, send: { rid: sendOf(first).rid, n: 2 } })
    expect(await store.codeOf(second)).toBe(code)
    expect(await store.codes.verify(mobile, 'default', wrong(code), undefined)).toEqual({
      kind: 'no',
      attemptsLeft: 4,
    })
  })

  it('never extends a code beyond two lives after its first issue', async () => {
    const mobile = newMobile()
    const first = await store.codes.issue(mobile, 'default')
    await store.pass(290)
    expect(await store.codes.issue(mobile, 'default')).toMatchObject({ send: { n: 2 }, expiresIn: 300 })
    await store.pass(140)
    expect(await store.codes.issue(mobile, 'default')).toMatchObject({
      send: { rid: sendOf(first).rid, n: 3 },
      expiresIn: leftOf(170),
    })
  })

  it('keeps the record for ten minutes after the latest possible expiry, so that its status can be read', async () => {
    const mobile = newMobile()
    await store.codes.issue(mobile, 'default')
    const key = store.recordKey(mobile)
    const latestExpiry = Number(await store.redis.hget(key, 'latest_expiry'))
    expect((await store.redis.pexpiretime(key)) - latestExpiry).toBe(600_000)
  })

  it('makes a new code if less than half a life would be left', async () => {
    const mobile = newMobile()
    const first = await store.codes.issue(mobile, 'default')
    await store.pass(290)
    await store.codes.issue(mobile, 'default')
    await store.pass(170)
    const third = await store.codes.issue(mobile, 'default')
    expect(third).toMatchObject({ send: { n: 1 }, expiresIn: 300 })
    expect(sendOf(third).rid).not.toBe(sendOf(first).rid)
  })

  it.each([
    [
      'was used',
      async (mobile: string, code: string) => store.codes.verify(mobile, 'default', code, undefined),
    ],
    ['has expired', async () => store.pass(300)],
  ])('makes a new code if the old one %s', async (_state, end) => {
    const mobile = newMobile()
    const first = await store.codes.issue(mobile, 'default')
    await end(mobile, await store.codeOf(first))
    await store.pass(61)
    expect(sendOf(await store.codes.issue(mobile, 'default')).rid).not.toBe(sendOf(first).rid)
  })

  it('does not replace a code whose guesses are spent, with or without an id', async () => {
    const mobile = newMobile()
    const first = await store.codes.issue(mobile, 'default')
    const [code, { rid }] = [await store.codeOf(first), sendOf(first)]
    for (const id of [undefined, rid])
      await concurrently(5, () => store.codes.verify(mobile, 'default', wrong(code), id))
    await store.pass(61)
    const second = await store.codes.issue(mobile, 'default')
    expect(second).toMatchObject({ kind: 'issued', send: { rid, n: 2 } })
    expect(await store.codeOf(second)).toBe(code)
  })

  it('allows five sends in any hour and ten in any day', async () => {
    const mobile = newMobile()
    const fiveTimes = async () => {
      for (let i = 0; i < 5; i++) {
        expect(await store.codes.issue(mobile, 'default')).toMatchObject({ kind: 'issued' })
        await store.pass(61)
      }
    }
    await fiveTimes()
    const refused = await store.codes.issue(mobile, 'default')
    expect(refused).toMatchObject({ kind: 'throttled', windowSeconds: 3_600 })
    await store.pass(3_600 - 5 * 61)
    await fiveTimes()
    expect(await store.codes.issue(mobile, 'default')).toMatchObject({
      kind: 'throttled',
      windowSeconds: 86_400,
    })
    await store.pass(86_400 - 3_600 - 5 * 61)
    expect(await store.codes.issue(mobile, 'default')).toMatchObject({ kind: 'issued' })
  })

  it('lets every key of a phone expire within a day, and counts no send for longer than a day', async () => {
    const mobile = newMobile()
    for (let i = 0; i < 3; i++) {
      const issued = await store.codes.issue(mobile, 'default')
      const code = wrong(await store.codeOf(issued))
      await store.codes.verify(mobile, 'default', code, undefined)
      await store.codes.verify(mobile, 'default', code, sendOf(issued).rid)
      await store.pass(40_000)
    }
    const names = await store.keysOf(mobile)
    expect(names).toHaveLength(6)
    const secondsLeft = await Promise.all(names.map((key) => store.redis.ttl(key)))
    expect(secondsLeft.filter((seconds) => seconds < 1 || seconds > 86_400)).toEqual([])
    await store.pass(50_000)
    const send = sendOf(await store.codes.issue(mobile, 'default'))
    expect(await store.slotsOf(send)).toBe(1)
  })

  it("counts a phone's sends over all scenes, and keeps the scenes' codes apart", async () => {
    const mobile = newMobile()
    const login = await store.codes.issue(mobile, 'login')
    expect(await store.codes.issue(mobile, 'register')).toMatchObject({ kind: 'throttled' })
    const code = await store.codeOf(login)
    expect(await store.codes.verify(mobile, 'register', code, undefined)).toEqual({
      kind: 'no',
      attemptsLeft: 0,
    })
    expect(await store.codes.verify(mobile, 'login', code, undefined)).toMatchObject({ kind: 'ok' })
  })

  it('stores neither the number nor the code in clear', async () => {
    const mobile = newMobile()
    const issued = await store.codes.issue(mobile, 'default')
    const code = await store.codeOf(issued)
    const values = await store.redis.hgetall(store.recordKey(mobile))
    const stored = JSON.stringify([await dumpOf(mobile), values])
    expect(stored).not.toContain(mobile)
    expect(Object.values(values)).not.toContain(code)
    expect(values['sealed']).toMatch(/^k1\./)
  })
})

describe('a refund', () => {
  it('of a first send deletes every key of the phone but its history', async () => {
    const mobile = newMobile()
    const send = sendOf(await store.codes.issue(mobile, 'default'))
    expect(await store.codes.refund(send)).toBe(true)
    expect(await store.keysOf(mobile)).toEqual([keys.history(phoneOf(send.rid))])
    expect(await store.codes.refund(send)).toBe(false)
  })

  it('of a further send gives the slot back and closes that send', async () => {
    const mobile = newMobile()
    await store.codes.issue(mobile, 'default')
    await store.pass(61)
    const again = sendOf(await store.codes.issue(mobile, 'default'))
    expect(await store.codes.refund(again)).toBe(true)
    expect(await store.ledger.claim(again, 'ccp', { fence: 0, leaseMs: 1_000 })).toMatchObject({
      kind: 'done',
      status: 'failed',
    })
    expect(await store.codes.issue(mobile, 'default')).toMatchObject({ kind: 'issued', send: { n: 3 } })
  })

  it('is refused for a send that is queued again after a call, because the message may have left', async () => {
    const send = sendOf(await store.codes.issue(newMobile(), 'default'))
    const claim = await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: 1_000 })
    const fence = claim.kind === 'go' ? claim.fence : 0
    await store.ledger.settle(send, fence, { status: 'queued', doubtedGateway: 'ccp' })
    expect(await store.codes.refund(send)).toBe(false)
    expect(await store.codes.find(send.rid, ['default'])).toMatchObject({ status: 'queued' })
    expect(await store.slotsOf(send)).toBe(1)
  })

  it.each([
    ['a code', async () => newMobile()],
    [
      'a live code once more',
      async () => {
        const mobile = newMobile()
        await store.codes.issue(mobile, 'default')
        await store.pass(61)
        return mobile
      },
    ],
  ])('gives the slot back if Redis issued %s but its answer came too late', async (_what, prepare) => {
    const mobile = await prepare()
    const slots = () => store.redis.zcard(keys.sends(store.keyring.pseudonym(mobile)))
    const before = await slots()
    const redis = connectRedis(store.server.url, 'commands', createLogger('test', 'silent'))
    await untilReady(redis)
    const codes = createCodeStore(redis, store.keyring, () => policy)
    // Redis knows both scripts before the pause, so one call of each is enough.
    await store.codes.refund(sendOf(await store.codes.issue(newMobile(), 'default')))
    await store.redis.client('PAUSE', 60_000, 'WRITE')
    await expect(codes.issue(mobile, 'default')).rejects.toThrow('timed out')
    await store.redis.client('UNPAUSE')
    await store.redis.set('a write', 'comes after the write that waited')
    await expect.poll(slots).toBe(before)
    expect(await store.codes.issue(mobile, 'default')).toMatchObject({ kind: 'issued' })
    redis.disconnect()
  })

  it('is refused for a send that a worker has claimed, because its job did reach the queue', async () => {
    const send = sendOf(await store.codes.issue(newMobile(), 'default'))
    const claim = await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: 1_000 })
    expect(await store.codes.refund(send)).toBe(false)
    expect(claim).toMatchObject({ kind: 'go' })
    expect(await store.codes.find(send.rid, ['default'])).toMatchObject({ status: 'sending' })
  })
})
