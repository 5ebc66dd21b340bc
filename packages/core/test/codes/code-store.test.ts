import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodeStore } from '../../src/codes/code-store.ts'
import { sealedMessage } from '../../src/codes/sealed-message.ts'
import { phoneOf } from '../../src/codes/send.ts'
import { createKeyring } from '../../src/keyring.ts'
import { keys } from '../../src/redis/keys.ts'
import { newMobile, policy, sendOf, startStore, wrong } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

const concurrently = async <T>(count: number, act: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, i) => act(i)))

const recordOf = (mobile: string) => keys.code(store.keyring.pseudonym(mobile), 'default')

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
    const record = recordOf(mobile)
    await store.redis.pexpire(record, 100_000)
    const before = await dumpOf(mobile)
    const refused = await store.codes.issue(mobile, 'default')
    expect(refused).toMatchObject({ kind: 'throttled', windowSeconds: 60 })
    expect(await dumpOf(mobile)).toEqual(before)
    // A dump does not contain the time to live.
    expect(await store.redis.pttl(record)).toBeLessThanOrEqual(100_000)
  })

  it('sends a live code again instead of a new one, and keeps its count of guesses', async () => {
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
      attemptsLeft: 3,
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
      expiresIn: 170,
    })
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
    [
      'has no guesses left',
      async (mobile: string, code: string) =>
        concurrently(5, () => store.codes.verify(mobile, 'default', wrong(code), undefined)),
    ],
    ['has expired', async () => store.pass(300)],
  ])('makes a new code if the old one %s', async (_state, end) => {
    const mobile = newMobile()
    const first = await store.codes.issue(mobile, 'default')
    await end(mobile, await store.codeOf(first))
    await store.pass(61)
    expect(sendOf(await store.codes.issue(mobile, 'default')).rid).not.toBe(sendOf(first).rid)
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
    expect(names).toHaveLength(4)
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
    const values = await store.redis.hgetall(recordOf(mobile))
    const stored = JSON.stringify([await dumpOf(mobile), values])
    expect(stored).not.toContain(mobile)
    expect(Object.values(values)).not.toContain(code)
    expect(values['sealed']).toMatch(/^k1\./)
  })
})

describe('a refund', () => {
  it('of a first send deletes every key of the phone', async () => {
    const mobile = newMobile()
    const send = sendOf(await store.codes.issue(mobile, 'default'))
    expect(await store.codes.refund(send)).toBe(true)
    expect(await dumpOf(mobile)).toEqual([])
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

  it('is refused for a send that a worker has claimed, because its job did reach the queue', async () => {
    const send = sendOf(await store.codes.issue(newMobile(), 'default'))
    const claim = await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: 1_000 })
    expect(await store.codes.refund(send)).toBe(false)
    expect(claim).toMatchObject({ kind: 'go' })
    expect(await store.codes.find(send.rid, ['default'])).toMatchObject({ status: 'sending' })
  })
})

describe('verify', () => {
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

  it('deletes the digest and the sealed message of a used code', async () => {
    const mobile = newMobile()
    const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
    const record = recordOf(mobile)
    expect(await store.redis.hmget(record, 'digest', 'sealed')).not.toContain(null)
    await store.codes.verify(mobile, 'default', code, undefined)
    expect(await store.redis.hmget(record, 'digest', 'sealed')).toEqual([null, null])
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
    expect(await store.redis.hget(recordOf(mobile), 'guesses_without_id')).toBe('5')
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
      const compared = await store.redis.hget(recordOf(mobile), 'guesses_without_id')
      expect(Number(compared)).toBeLessThanOrEqual(5)
    }
  })

  it('counts the right guess as well', async () => {
    const mobile = newMobile()
    const issued = await store.codes.issue(mobile, 'default')
    await store.codes.verify(mobile, 'default', await store.codeOf(issued), sendOf(issued).rid)
    expect(await store.redis.hget(recordOf(mobile), 'guesses_with_id')).toBe('1')
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

  it.each([
    ['without', false],
    ['with', true],
  ])(
    'refuses guesses %s the request id after 15 misses a day over all codes, and no other guesses',
    async (_, withId) => {
      const mobile = newMobile()
      for (let i = 0; i < 3; i++) {
        const issued = await store.codes.issue(mobile, 'default')
        const [code, id] = [await store.codeOf(issued), withId ? sendOf(issued).rid : undefined]
        for (let n = 0; n < 5; n++) await store.codes.verify(mobile, 'default', wrong(code), id)
        await store.pass(61)
      }
      const issued = await store.codes.issue(mobile, 'default')
      const [code, id] = [await store.codeOf(issued), sendOf(issued).rid]
      const [refused, accepted] = withId ? [id, undefined] : [undefined, id]
      expect(await store.codes.verify(mobile, 'default', code, refused)).toMatchObject({ kind: 'throttled' })
      expect(await store.codes.verify(mobile, 'default', code, accepted)).toMatchObject({ kind: 'ok' })

      await store.pass(86_400)
      const nextDay = await store.codes.issue(mobile, 'default')
      const again = await store.codes.verify(
        mobile,
        'default',
        await store.codeOf(nextDay),
        withId ? sendOf(nextDay).rid : undefined,
      )
      expect(again).toMatchObject({ kind: 'ok' })
    },
  )

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

  it('accepts a code from before a key rotation while the old key is in the key ring', async () => {
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
    expect(await withoutOldKey.verify(mobile, 'default', code, undefined)).toMatchObject({ kind: 'no' })
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

    it('repeats its answer for one minute', async () => {
      const { repeat } = await verifyFirst('this')
      await store.pass(59)
      expect(await repeat('this')).toMatchObject({ kind: 'ok' })
      await store.pass(2)
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

describe('another caller who asks for the same code', () => {
  const asks = (mobile: string, askedBy: string) => store.codes.issue(mobile, 'default', { askedBy })
  const idOf = (answer: Awaited<ReturnType<typeof asks>>) => {
    if (answer.kind !== 'issued') throw new Error('nothing was issued')
    return answer.requestId
  }

  it('gets a request id of its own, which shows the status and uses up no guesses of the first caller', async () => {
    const mobile = newMobile()
    const owner = await asks(mobile, 'owner')
    const code = await store.codeOf(owner)
    await store.pass(61)
    const stranger = await asks(mobile, 'stranger')
    expect(idOf(stranger)).not.toBe(idOf(owner))
    expect(await store.codes.find(idOf(stranger), ['default'])).toMatchObject({ status: 'queued', sends: 2 })
    await concurrently(20, () => store.codes.verify(mobile, 'default', wrong(code), idOf(stranger)))
    expect(await store.codes.verify(mobile, 'default', code, idOf(owner))).toMatchObject({ kind: 'ok' })
  })

  it('uses up its own guesses of the day, and not those of a caller who asks later', async () => {
    const mobile = newMobile()
    for (let i = 0; i < 3; i++) {
      const stranger = await asks(mobile, 'stranger')
      const code = await store.codeOf(stranger)
      for (let n = 0; n < 5; n++) await store.codes.verify(mobile, 'default', wrong(code), idOf(stranger))
      await store.pass(61)
    }
    const owner = await asks(mobile, 'owner')
    expect(await store.codes.verify(mobile, 'default', await store.codeOf(owner), idOf(owner))).toMatchObject(
      { kind: 'ok' },
    )
  })
})

describe('find', () => {
  it('answers the status of a request, and null for an unknown id', async () => {
    const send = sendOf(await store.codes.issue(newMobile(), 'login'))
    expect(await store.codes.find(send.rid, ['default', 'login'])).toMatchObject({
      status: 'queued',
      sends: 1,
    })
    expect(await store.codes.find(`${phoneOf(send.rid)}.${'A'.repeat(22)}`, ['default', 'login'])).toBeNull()
    await store.pass(300)
    expect(await store.codes.find(send.rid, ['default', 'login'])).toMatchObject({ status: 'expired' })
  })

  it('answers "expired" for a send that no worker may send any more, even if its job was lost', async () => {
    const send = sendOf(await store.codes.issue(newMobile(), 'default'))
    const status = async () => (await store.codes.find(send.rid, ['default']))?.status
    await store.pass(119)
    expect(await status()).toBe('queued')
    expect(await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: 10_000 })).toMatchObject({ kind: 'go' })
    await store.pass(20)
    // The last attempt of a worker may still settle the send.
    expect(await status()).toBe('sending')
    await store.pass(2)
    expect(await status()).toBe('expired')
    expect((await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: 10_000 })).kind).not.toBe('go')
    expect(await status()).toBe('failed')
  })

  it('answers "sent" if only the follow-up mail was lost, or if the code was used', async () => {
    const mailed = sendOf(await store.codes.issue(newMobile(), 'default'))
    const claim = await store.ledger.claim(mailed, 'ccp', { fence: 0, leaseMs: 10_000 })
    if (claim.kind !== 'go') throw new Error('no claim')
    await store.ledger.settle(mailed, claim.fence, { status: 'sent', gateway: 'ccp', channel: 'sms' })
    await store.pass(100)
    expect(await store.ledger.report(mailed, 'missing', true, 20_000)).toEqual({ kind: 'moved' })
    expect(await store.codes.find(mailed.rid, ['default'])).toMatchObject({
      status: 'queued',
      channel: 'email',
    })
    const mobile = newMobile()
    const issued = await store.codes.issue(mobile, 'default')
    const used = sendOf(issued)
    await store.ledger.claim(used, 'ccp', { fence: 0, leaseMs: 10_000 })
    await store.codes.verify(mobile, 'default', await store.codeOf(issued), used.rid)
    await store.pass(150)
    for (const { rid } of [mailed, used])
      expect(await store.codes.find(rid, ['default'])).toMatchObject({ status: 'sent', channel: 'sms' })
  })
})
