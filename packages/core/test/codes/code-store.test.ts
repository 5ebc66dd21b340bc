import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodeStore } from '../../src/codes/code-store.ts'
import { sealedMessage } from '../../src/codes/sealed-message.ts'
import { createKeyring } from '../../src/keyring.ts'
import { aMobile, policy, sendOf, startStore, wrong } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

const times = async <T>(n: number, act: (i: number) => Promise<T>) =>
  Promise.all(Array.from({ length: n }, (_, i) => act(i)))

/** Everything held about a phone, byte for byte. */
async function held(mobile: string) {
  const found = await store.redis.keys(`sms:{${store.keyring.pseudonym(mobile)}}:*`)
  return Promise.all(found.toSorted().map(async (key) => [key, await store.redis.dump(key)]))
}

describe('issue', () => {
  it('answers with the life of the code and the wait until the next', async () => {
    const issued = await store.codes.issue(aMobile(), 'default')
    expect(issued).toMatchObject({
      kind: 'issued',
      expiresIn: 300,
      resendAfter: 60,
      send: { scene: 'default', n: 1 },
    })
  })

  it('lets exactly one of 200 at once through', async () => {
    const mobile = aMobile()
    const answers = await times(200, () => store.codes.issue(mobile, 'default'))
    expect(answers.filter(({ kind }) => kind === 'issued')).toHaveLength(1)
  })

  it('changes nothing when it refuses', async () => {
    const mobile = aMobile()
    await store.codes.issue(mobile, 'default')
    const record = `sms:{${store.keyring.pseudonym(mobile)}}:code:default`
    await store.redis.pexpire(record, 100_000)
    const before = await held(mobile)
    const refused = await store.codes.issue(mobile, 'default')
    expect(refused).toMatchObject({ kind: 'throttled', windowSeconds: 60 })
    expect(await held(mobile)).toEqual(before)
    // A dump does not say how long the record is kept.
    expect(await store.redis.pttl(record)).toBeLessThanOrEqual(100_000)
  })

  it('sends a live code again instead of another, with its compares kept', async () => {
    const mobile = aMobile()
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

  it('never lets a re-send live past twice the life from the first issue', async () => {
    const mobile = aMobile()
    const first = await store.codes.issue(mobile, 'default')
    await store.pass(290)
    expect(await store.codes.issue(mobile, 'default')).toMatchObject({ send: { n: 2 }, expiresIn: 300 })
    await store.pass(140)
    expect(await store.codes.issue(mobile, 'default')).toMatchObject({
      send: { rid: sendOf(first).rid, n: 3 },
      expiresIn: 170,
    })
  })

  it('makes a new code where less than half a life would be left', async () => {
    const mobile = aMobile()
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
      'has no compares left',
      async (mobile: string, code: string) =>
        times(5, () => store.codes.verify(mobile, 'default', wrong(code), undefined)),
    ],
    ['has expired', async () => store.pass(300)],
  ])('makes a new code where the old one %s', async (_why, spoil) => {
    const mobile = aMobile()
    const first = await store.codes.issue(mobile, 'default')
    await spoil(mobile, await store.codeOf(first))
    await store.pass(61)
    expect(sendOf(await store.codes.issue(mobile, 'default')).rid).not.toBe(sendOf(first).rid)
  })

  it('allows five an hour and ten a day, in any hour and any day', async () => {
    const mobile = aMobile()
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

  it('forgets everything about a phone in time, and counts nothing longer than its day', async () => {
    const mobile = aMobile()
    const ph = store.keyring.pseudonym(mobile)
    for (let i = 0; i < 3; i++) {
      const issued = await store.codes.issue(mobile, 'default')
      const code = wrong(await store.codeOf(issued))
      await store.codes.verify(mobile, 'default', code, undefined)
      await store.codes.verify(mobile, 'default', code, sendOf(issued).rid)
      await store.pass(40_000)
    }
    const names = await store.redis.keys(`sms:{${ph}}:*`)
    expect(names).toHaveLength(4)
    const lives = await Promise.all(names.map((key) => store.redis.ttl(key)))
    expect(lives.filter((seconds) => seconds < 1 || seconds > 86_400)).toEqual([])
    await store.pass(50_000)
    await store.codes.issue(mobile, 'default')
    expect(await store.redis.zcard(`sms:{${ph}}:sends`)).toBe(1)
  })

  it('counts a phone over all scenes, and keeps their codes apart', async () => {
    const mobile = aMobile()
    const login = await store.codes.issue(mobile, 'login')
    expect(await store.codes.issue(mobile, 'register')).toMatchObject({ kind: 'throttled' })
    const code = await store.codeOf(login)
    expect(await store.codes.verify(mobile, 'register', code, undefined)).toEqual({
      kind: 'no',
      attemptsLeft: 0,
    })
    expect(await store.codes.verify(mobile, 'login', code, undefined)).toMatchObject({ kind: 'ok' })
  })

  it('keeps neither the number nor the code where Redis can see it', async () => {
    const mobile = aMobile()
    const issued = await store.codes.issue(mobile, 'default')
    const code = await store.codeOf(issued)
    const values = await store.redis.hgetall(`sms:{${store.keyring.pseudonym(mobile)}}:code:default`)
    const seen = JSON.stringify([await held(mobile), values])
    expect(seen).not.toContain(mobile)
    expect(Object.values(values)).not.toContain(code)
    expect(values['sealed']).toMatch(/^k1\./)
  })
})

describe('refund', () => {
  it('of a first send leaves no trace', async () => {
    const mobile = aMobile()
    const send = sendOf(await store.codes.issue(mobile, 'default'))
    expect(await store.codes.refund(send)).toBe(true)
    expect(await held(mobile)).toEqual([])
    expect(await store.codes.refund(send)).toBe(false)
  })

  it('of a re-send gives the slot back and closes that send', async () => {
    const mobile = aMobile()
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

  it('is refused for a send that a worker has begun: its job did get in', async () => {
    const send = sendOf(await store.codes.issue(aMobile(), 'default'))
    const claim = await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: 1_000 })
    expect(await store.codes.refund(send)).toBe(false)
    expect(claim).toMatchObject({ kind: 'go' })
    expect(await store.codes.find(send.rid, ['default'])).toMatchObject({ status: 'sending' })
  })
})

describe('verify', () => {
  it('accepts the right code once', async () => {
    const mobile = aMobile()
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

  it('keeps nothing of a code that was used that a key could open or compare', async () => {
    const mobile = aMobile()
    const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
    const record = `sms:{${store.keyring.pseudonym(mobile)}}:code:default`
    expect(await store.redis.hmget(record, 'digest', 'sealed')).not.toContain(null)
    await store.codes.verify(mobile, 'default', code, undefined)
    expect(await store.redis.hmget(record, 'digest', 'sealed')).toEqual([null, null])
  })

  it('lets exactly one of 200 right tries at once win', async () => {
    const mobile = aMobile()
    const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
    const answers = await times(200, () => store.codes.verify(mobile, 'default', code, undefined))
    expect(answers.filter(({ kind }) => kind === 'ok')).toHaveLength(1)
  })

  it('compares five of 200 wrong tries at once, and then not the right one either', async () => {
    const mobile = aMobile()
    const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
    await times(200, () => store.codes.verify(mobile, 'default', wrong(code), undefined))
    const ph = store.keyring.pseudonym(mobile)
    expect(await store.redis.hget(`sms:{${ph}}:code:default`, 'guesses_without_id')).toBe('5')
    expect(await store.redis.zcard(`sms:{${ph}}:misses:blind`)).toBe(5)
    expect(await store.codes.verify(mobile, 'default', code, undefined)).toEqual({
      kind: 'no',
      attemptsLeft: 0,
    })
  })

  it('lets at most one win, and compares at most five, in a mix of right and wrong', async () => {
    for (let round = 0; round < 20; round++) {
      const mobile = aMobile()
      const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
      const answers = await times(100, (i) =>
        store.codes.verify(mobile, 'default', i % 10 === round % 10 ? code : wrong(code), undefined),
      )
      expect(answers.filter(({ kind }) => kind === 'ok').length).toBeLessThanOrEqual(1)
      const compared = await store.redis.hget(
        `sms:{${store.keyring.pseudonym(mobile)}}:code:default`,
        'guesses_without_id',
      )
      expect(Number(compared)).toBeLessThanOrEqual(5)
    }
  })

  it('does not let a stranger without the request id lock out the owner who has it', async () => {
    const mobile = aMobile()
    const issued = await store.codes.issue(mobile, 'default')
    const code = await store.codeOf(issued)
    await times(50, () => store.codes.verify(mobile, 'default', wrong(code), undefined))
    await times(50, () => store.codes.verify(mobile, 'default', wrong(code), `${'x'.repeat(22)}.guess`))
    expect(await store.codes.verify(mobile, 'default', code, undefined)).toMatchObject({ kind: 'no' })
    expect(await store.codes.verify(mobile, 'default', code, sendOf(issued).rid)).toMatchObject({
      kind: 'ok',
    })
  })

  it.each([
    ['without', false],
    ['with', true],
  ])(
    'stops whoever tries %s the id after 15 misses a day over all codes, and nobody else',
    async (_, withId) => {
      const mobile = aMobile()
      for (let i = 0; i < 3; i++) {
        const issued = await store.codes.issue(mobile, 'default')
        const [code, id] = [await store.codeOf(issued), withId ? sendOf(issued).rid : undefined]
        for (let n = 0; n < 5; n++) await store.codes.verify(mobile, 'default', wrong(code), id)
        await store.pass(61)
      }
      const issued = await store.codes.issue(mobile, 'default')
      const [code, id] = [await store.codeOf(issued), sendOf(issued).rid]
      const [stopped, other] = withId ? [id, undefined] : [undefined, id]
      expect(await store.codes.verify(mobile, 'default', code, stopped)).toMatchObject({ kind: 'throttled' })
      expect(await store.codes.verify(mobile, 'default', code, other)).toMatchObject({ kind: 'ok' })

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

  it('says no more tries are left than the day allows', async () => {
    const mobile = aMobile()
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

  it('refuses a code at the end of its life', async () => {
    const mobile = aMobile()
    const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
    await store.pass(300)
    expect(await store.codes.verify(mobile, 'default', code, undefined)).toEqual({
      kind: 'no',
      attemptsLeft: 0,
    })
  })

  it("refuses another phone's code", async () => {
    const [mine, theirs] = [aMobile(), aMobile()]
    const code = await store.codeOf(await store.codes.issue(mine, 'default'))
    const other = await store.codeOf(await store.codes.issue(theirs, 'default'))
    const foreign = code === other ? wrong(other) : code
    expect(await store.codes.verify(theirs, 'default', foreign, undefined)).toMatchObject({ kind: 'no' })
    expect(await store.codes.verify(theirs, 'default', other, undefined)).toMatchObject({ kind: 'ok' })
  })

  it('accepts a code that was issued before the key was rotated, until that key is gone', async () => {
    const [oldKey, newKey, phoneKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2), Buffer.alloc(32, 3)]
    const ring = (...codeKeys: { kid: string; key: Buffer }[]) => createKeyring({ phoneKey, codeKeys })
    const old = { kid: 'a', key: oldKey }
    const fresh = { kid: 'b', key: newKey }
    const before = createCodeStore(store.redis, ring(old), () => policy)
    const mobile = aMobile()
    const send = sendOf(await before.issue(mobile, 'default'))
    const sealed = await store.redis.hget(`sms:{${send.rid.slice(0, 22)}}:code:default`, 'sealed')
    const code = sealedMessage.open(ring(fresh, old), send.rid, sealed ?? '')?.code ?? ''
    const gone = createCodeStore(store.redis, ring(fresh), () => policy)
    expect(await gone.verify(mobile, 'default', code, undefined)).toMatchObject({ kind: 'no' })
    const rotated = createCodeStore(store.redis, ring(fresh, old), () => policy)
    expect(await rotated.verify(mobile, 'default', code, undefined)).toMatchObject({ kind: 'ok' })
  })

  describe('by an act with a name', () => {
    async function used(act: string) {
      const mobile = aMobile()
      const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
      const first = await store.codes.verify(mobile, 'default', code, undefined, act)
      return {
        first,
        repeat: (name?: string) => store.codes.verify(mobile, 'default', code, undefined, name),
      }
    }

    it('is told the same again, and nobody else is', async () => {
      const { first, repeat } = await used('this')
      expect(first).toMatchObject({ kind: 'ok', isAgain: false })
      expect(await repeat('this')).toEqual({ ...first, isAgain: true })
      for (const name of ['that', '', undefined])
        expect(await repeat(name)).toEqual({ kind: 'no', attemptsLeft: 0 })
    })

    it('is told so for a minute', async () => {
      const { repeat } = await used('this')
      await store.pass(59)
      expect(await repeat('this')).toMatchObject({ kind: 'ok' })
      await store.pass(2)
      expect(await repeat('this')).toMatchObject({ kind: 'no' })
    })

    it('without a name never is', async () => {
      const { repeat } = await used('')
      expect(await repeat('')).toMatchObject({ kind: 'no' })
      expect(await repeat('this')).toMatchObject({ kind: 'no' })
    })

    it('wins once and is told again 99 times when 100 come at once with it', async () => {
      const mobile = aMobile()
      const code = await store.codeOf(await store.codes.issue(mobile, 'default'))
      const answers = await times(100, () => store.codes.verify(mobile, 'default', code, undefined, 'this'))
      expect(answers.filter((answer) => answer.kind === 'ok' && !answer.isAgain)).toHaveLength(1)
      expect(answers.filter((answer) => answer.kind === 'ok' && answer.isAgain)).toHaveLength(99)
    })
  })
})

describe('somebody else who asks for the same code', () => {
  const asks = (mobile: string, askedBy: string) => store.codes.issue(mobile, 'default', { askedBy })
  const idOf = (answer: Awaited<ReturnType<typeof asks>>) => {
    if (answer.kind !== 'issued') throw new Error('nothing was issued')
    return answer.requestId
  }

  it('is shown an id of his own, which tells the status and spends none of the tries of the first', async () => {
    const mobile = aMobile()
    const owner = await asks(mobile, 'owner')
    const code = await store.codeOf(owner)
    await store.pass(61)
    const stranger = await asks(mobile, 'stranger')
    expect(idOf(stranger)).not.toBe(idOf(owner))
    expect(await store.codes.find(idOf(stranger), ['default'])).toMatchObject({ status: 'queued', sends: 2 })
    await times(20, () => store.codes.verify(mobile, 'default', wrong(code), idOf(stranger)))
    expect(await store.codes.verify(mobile, 'default', code, idOf(owner))).toMatchObject({ kind: 'ok' })
  })

  it('uses up his own tries of the day, and not those of who asks the next day round', async () => {
    const mobile = aMobile()
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
  it('tells where a request stands, and nothing about unknown ones', async () => {
    const send = sendOf(await store.codes.issue(aMobile(), 'login'))
    expect(await store.codes.find(send.rid, ['default', 'login'])).toMatchObject({
      status: 'queued',
      sends: 1,
    })
    expect(
      await store.codes.find(`${send.rid.slice(0, 23)}${'A'.repeat(22)}`, ['default', 'login']),
    ).toBeNull()
    await store.pass(300)
    expect(await store.codes.find(send.rid, ['default', 'login'])).toMatchObject({ status: 'expired' })
  })

  it('calls what no worker may send any more expired, even if its job was lost', async () => {
    const send = sendOf(await store.codes.issue(aMobile(), 'default'))
    const status = async () => (await store.codes.find(send.rid, ['default']))?.status
    await store.pass(119)
    expect(await status()).toBe('queued')
    expect(await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: 10_000 })).toMatchObject({ kind: 'go' })
    await store.pass(20)
    // A worker may still say what became of it.
    expect(await status()).toBe('sending')
    await store.pass(2)
    expect(await status()).toBe('expired')
    expect((await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: 10_000 })).kind).not.toBe('go')
    expect(await status()).toBe('failed')
  })

  it('calls a message sent whose mail alone was lost, or whose code was typed in', async () => {
    const mailed = sendOf(await store.codes.issue(aMobile(), 'default'))
    const claim = await store.ledger.claim(mailed, 'ccp', { fence: 0, leaseMs: 10_000 })
    if (claim.kind !== 'go') throw new Error('no claim')
    await store.ledger.settle(mailed, claim.fence, { status: 'sent', gateway: 'ccp', channel: 'sms' })
    await store.pass(100)
    expect(await store.ledger.report(mailed, 'missing', true, 20_000)).toEqual({ kind: 'moved' })
    expect(await store.codes.find(mailed.rid, ['default'])).toMatchObject({
      status: 'queued',
      channel: 'email',
    })
    const mobile = aMobile()
    const issued = await store.codes.issue(mobile, 'default')
    const typed = sendOf(issued)
    await store.ledger.claim(typed, 'ccp', { fence: 0, leaseMs: 10_000 })
    await store.codes.verify(mobile, 'default', await store.codeOf(issued), typed.rid)
    await store.pass(150)
    for (const { rid } of [mailed, typed])
      expect(await store.codes.find(rid, ['default'])).toMatchObject({ status: 'sent', channel: 'sms' })
  })
})
