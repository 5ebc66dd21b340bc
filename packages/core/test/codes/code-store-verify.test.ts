import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodeStore } from '../../src/codes/code-store.ts'
import { sealedMessage } from '../../src/codes/sealed-message.ts'
import type { Settlement } from '../../src/codes/send-ledger.ts'
import { phoneOf } from '../../src/codes/send.ts'
import { createKeyring, MissingKeyError } from '../../src/keyring.ts'
import { keys } from '../../src/redis/keys.ts'
import { concurrently, newMobile, policy, sendOf, startStore, wrong } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

describe('verify', () => {
  it('lets the guard count a code if an SMS with it left or may have left, and not if only a mail did', async () => {
    const lease = { fence: 0, leaseMs: 1_000 }
    const mail = { ...lease, channel: 'email' as const }
    const { ledger, codes } = store
    type Sent = ReturnType<typeof sendOf>
    const settle = async (send: Sent, what: Settlement, options: typeof lease | typeof mail = lease) => {
      const claim = await ledger.claim(send, 'ccp', options)
      await ledger.settle(send, claim.kind === 'go' ? claim.fence : 0, what)
    }
    const moved = (send: Sent) => settle(send, { status: 'moved', reason: 'no_gateway' })
    const mailed = (send: Sent) => settle(send, { status: 'fell_back', channel: 'email' }, mail)
    const accepted = (send: Sent) => settle(send, { status: 'sent', gateway: 'ccp' })
    async function countedAfter(isCounted: boolean, ...steps: ((send: Sent) => Promise<unknown>)[]) {
      const mobile = newMobile()
      const issued = await codes.issue(mobile, 'default', { isCounted })
      for (const step of steps) await step(sendOf(issued))
      const verified = await codes.verify(mobile, 'default', await store.codeOf(issued))
      return verified.kind === 'ok' && verified.isCounted
    }
    expect(await countedAfter(true, accepted)).toBe(true)
    expect(await countedAfter(false, accepted)).toBe(false)
    expect(await countedAfter(true, moved, mailed)).toBe(false)
    expect(
      await countedAfter(true, accepted, (send) => ledger.report(send, 'undelivered', true), mailed),
    ).toBe(true)
    expect(
      await countedAfter(true, (send) => settle(send, { status: 'moved', reason: 'undelivered' }), mailed),
    ).toBe(true)
  })

  it('accepts the right code once', async () => {
    const mobile = newMobile()
    const issued = await store.codes.issue(mobile, 'default')
    const code = await store.codeOf(issued)
    expect(await store.codes.verify(mobile, 'default', code, undefined)).toMatchObject({
      kind: 'ok',
      rid: sendOf(issued).rid,
    })
    expect(await store.codes.verify(mobile, 'default', code, undefined)).toEqual({
      kind: 'no',
      attemptsLeft: 0,
    })
  })

  it('deletes the digest, the sealed message and the counts of guesses of a used code', async () => {
    const mobile = newMobile()
    const issued = await store.codes.issue(mobile, 'default')
    const [code, { rid }] = [await store.codeOf(issued), sendOf(issued)]
    const [record, guesses] = [store.recordKey(mobile), keys.guesses(phoneOf(rid), 'default')]
    await store.codes.verify(mobile, 'default', wrong(code), rid)
    expect(await store.redis.hmget(record, 'digest', 'sealed')).not.toContain(null)
    expect(await store.redis.exists(guesses)).toBe(1)
    await store.codes.verify(mobile, 'default', code, rid)
    expect(await store.redis.hmget(record, 'digest', 'sealed')).toEqual([null, null])
    expect(await store.redis.exists(guesses)).toBe(0)
  })

  it('accepts exactly one of 200 concurrent right guesses', async () => {
    const mobile = newMobile()
    const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
    const answers = await concurrently(200, () => store.codes.verify(mobile, 'default', code, undefined))
    expect(answers.filter(({ kind }) => kind === 'ok')).toHaveLength(1)
  })

  it('compares five of 200 concurrent wrong guesses, and then refuses the right one', async () => {
    const mobile = newMobile()
    const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
    await concurrently(200, () => store.codes.verify(mobile, 'default', wrong(code), undefined))
    const misses = keys.missesWithoutId(store.keyring.pseudonym(mobile))
    expect(await store.redis.hget(store.recordKey(mobile), 'guesses_without_id')).toBe('5')
    expect(await store.redis.zcard(misses)).toBe(5)
    expect(await store.codes.verify(mobile, 'default', code, undefined)).toEqual({
      kind: 'no',
      attemptsLeft: 0,
    })
  })

  it('accepts at most one, and compares at most five, of 100 concurrent right and wrong guesses', async () => {
    for (let round = 0; round < 20; round++) {
      const mobile = newMobile()
      const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
      const answers = await concurrently(100, (i) =>
        store.codes.verify(mobile, 'default', i % 10 === round % 10 ? code : wrong(code), undefined),
      )
      expect(answers.filter(({ kind }) => kind === 'ok').length).toBeLessThanOrEqual(1)
      const compared = await store.redis.hget(store.recordKey(mobile), 'guesses_without_id')
      expect(Number(compared)).toBeLessThanOrEqual(5)
    }
  })

  it('counts the right guess as well', async () => {
    const mobile = newMobile()
    const issued = await store.codes.issue(mobile, 'default')
    await store.codes.verify(mobile, 'default', await store.codeOf(issued))
    expect(await store.redis.hget(store.recordKey(mobile), 'guesses_without_id')).toBe('1')
  })

  it('does not let a stranger without the request id lock out the owner, who has it', async () => {
    const mobile = newMobile()
    const issued = await store.codes.issue(mobile, 'default')
    const code = await store.codeOf(issued)
    await concurrently(50, () => store.codes.verify(mobile, 'default', wrong(code), undefined))
    await concurrently(50, () =>
      store.codes.verify(mobile, 'default', wrong(code), `${'x'.repeat(22)}.guess`),
    )
    expect(await store.codes.verify(mobile, 'default', code, undefined)).toMatchObject({ kind: 'no' })
    expect(await store.codes.verify(mobile, 'default', code, sendOf(issued).rid)).toMatchObject({
      kind: 'ok',
    })
  })

  it('refuses guesses without a request id after 15 misses a day over all codes, and no other guesses', async () => {
    const mobile = newMobile()
    for (let i = 0; i < 3; i++) {
      const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
      for (let n = 0; n < 5; n++) await store.codes.verify(mobile, 'default', wrong(code), undefined)
      await store.pass(61)
    }
    const issued = await store.codes.issue(mobile, 'default')
    const code = await store.codeOf(issued)
    expect(await store.codes.verify(mobile, 'default', code, undefined)).toMatchObject({ kind: 'throttled' })
    const { rid } = sendOf(issued)
    expect(await store.codes.verify(mobile, 'default', code, rid)).toMatchObject({ kind: 'ok' })

    await store.pass(86_400)
    const next = await store.codeOf(await store.codes.issue(mobile, 'default'))
    expect(await store.codes.verify(mobile, 'default', wrong(next))).toEqual({ kind: 'no', attemptsLeft: 4 })
    expect(await store.codes.verify(mobile, 'default', next, undefined)).toMatchObject({ kind: 'ok' })
  })

  it('never promises more guesses than the day still allows', async () => {
    const mobile = newMobile()
    for (let i = 0; i < 3; i++) {
      const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
      for (let n = 0; n < 4; n++) await store.codes.verify(mobile, 'default', wrong(code), undefined)
      await store.codes.verify(mobile, 'default', code, undefined)
      await store.pass(61)
    }
    const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
    expect(await store.codes.verify(mobile, 'default', wrong(code), undefined)).toEqual({
      kind: 'no',
      attemptsLeft: 2,
    })
  })

  it('refuses a code that has expired', async () => {
    const mobile = newMobile()
    const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
    await store.pass(300)
    expect(await store.codes.verify(mobile, 'default', code, undefined)).toEqual({
      kind: 'no',
      attemptsLeft: 0,
    })
  })

  it("refuses another phone's code", async () => {
    const [mine, theirs] = [newMobile(), newMobile()]
    const code = await store.codeOf(await store.codes.issue(mine, 'default'))
    const other = await store.codeOf(await store.codes.issue(theirs, 'default'))
    const foreign = code === other ? wrong(other) : code
    expect(await store.codes.verify(theirs, 'default', foreign, undefined)).toMatchObject({ kind: 'no' })
    expect(await store.codes.verify(theirs, 'default', other, undefined)).toMatchObject({ kind: 'ok' })
  })

  it('accepts a code from before a key rotation while the old key is in the key ring, and else counts no guess', async () => {
    const [oldKey, newKey, phoneKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2), Buffer.alloc(32, 3)]
    const ring = (...codeKeys: { kid: string; key: Buffer }[]) => createKeyring({ phoneKey, codeKeys })
    const old = { kid: 'a', key: oldKey }
    const fresh = { kid: 'b', key: newKey }
    const before = createCodeStore(store.redis, ring(old), () => policy)
    const mobile = newMobile()
    const send = sendOf(await before.issue(mobile, 'default'))
    const sealed = await store.redis.hget(keys.code(phoneOf(send.rid), 'default'), 'sealed')
    const code = sealedMessage.open(ring(fresh, old), send.rid, sealed ?? '')?.code ?? ''
    const withoutOldKey = createCodeStore(store.redis, ring(fresh), () => policy)
    const untried = await store.redis.hgetall(keys.code(phoneOf(send.rid), 'default'))
    for (const rid of [undefined, send.rid])
      await expect(withoutOldKey.verify(mobile, 'default', code, rid)).rejects.toEqual(
        new MissingKeyError('a'),
      )
    expect(await store.redis.hgetall(keys.code(phoneOf(send.rid), 'default'))).toEqual(untried)
    expect(await store.redis.keys(`*${phoneOf(send.rid)}*misses*`)).toEqual([])
    const rotated = createCodeStore(store.redis, ring(fresh, old), () => policy)
    expect(await rotated.verify(mobile, 'default', code, undefined)).toMatchObject({ kind: 'ok' })
  })

  describe('with an act', () => {
    async function verifyFirst(act: string) {
      const mobile = newMobile()
      const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
      const first = await store.codes.verify(mobile, 'default', code, undefined, act)
      return {
        first,
        repeat: (again?: string) => store.codes.verify(mobile, 'default', code, undefined, again),
      }
    }

    it('repeats its answer to the same act, and refuses any other', async () => {
      const { first, repeat } = await verifyFirst('this')
      expect(first).toMatchObject({ kind: 'ok', isAgain: false })
      expect(await repeat('this')).toEqual({ ...first, isAgain: true })
      for (const other of ['that', '', undefined])
        expect(await repeat(other)).toEqual({ kind: 'no', attemptsLeft: 0 })
    })

    it('repeats its answer for one minute, with the time of the first answer', async () => {
      const { first, repeat } = await verifyFirst('this')
      if (first.kind !== 'ok') throw new Error(`not verified but ${first.kind}`)
      await store.pass(50)
      expect(await repeat('this')).toMatchObject({ kind: 'ok', at: first.at - 50_000 })
      await store.pass(11)
      expect(await repeat('this')).toMatchObject({ kind: 'no' })
    })

    it('never repeats an answer to a call that had no act', async () => {
      const { repeat } = await verifyFirst('')
      expect(await repeat('')).toMatchObject({ kind: 'no' })
      expect(await repeat('this')).toMatchObject({ kind: 'no' })
    })

    it('accepts one of 100 concurrent calls with the same act, and repeats the answer to the other 99', async () => {
      const mobile = newMobile()
      const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
      const answers = await concurrently(100, () =>
        store.codes.verify(mobile, 'default', code, undefined, 'this'),
      )
      expect(answers.filter((answer) => answer.kind === 'ok' && !answer.isAgain)).toHaveLength(1)
      expect(answers.filter((answer) => answer.kind === 'ok' && answer.isAgain)).toHaveLength(99)
    })
  })
})
