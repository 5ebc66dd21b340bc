import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { keys } from '../../src/redis/keys.ts'
import { createKeyring } from '../../src/keyring.ts'
import { createSendLedger, type Settlement } from '../../src/codes/send-ledger.ts'
import { aMobile, sendOf, startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

const LEASE = 6_500

async function issued(mobile = aMobile()) {
  return sendOf(await store.codes.issue(mobile, 'default'))
}

async function claimed(send: Awaited<ReturnType<typeof issued>>, gateway = 'ccp') {
  const claim = await store.ledger.claim(send, gateway, { fence: 0, leaseMs: LEASE })
  if (claim.kind !== 'go') throw new Error(`no claim but ${claim.kind}`)
  return claim
}

describe('claim', () => {
  it('hands the number and the code to exactly one of 50 workers at once', async () => {
    const mobile = aMobile()
    const send = await issued(mobile)
    const claims = await Promise.all(
      Array.from({ length: 50 }, () => store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: LEASE })),
    )
    const [winner, ...others] = claims.filter(({ kind }) => kind === 'go')
    expect(winner).toMatchObject({ mobile, doubt: null, secondSendRisked: false })
    expect(others).toEqual([])
    expect(claims.filter(({ kind }) => kind === 'busy')).toHaveLength(49)
  })

  it('lets its holder go on to the next gateway without a doubt', async () => {
    const send = await issued()
    const { fence } = await claimed(send)
    expect(await store.ledger.claim(send, 'aliyun', { fence, leaseMs: LEASE })).toMatchObject({
      kind: 'go',
      doubt: null,
    })
  })

  it('taken over from a holder who vanished says which gateway may have the message', async () => {
    const send = await issued()
    const { fence } = await claimed(send)
    await store.pass(7)
    expect(await store.ledger.claim(send, 'aliyun', { fence: 0, leaseMs: LEASE })).toMatchObject({
      kind: 'go',
      doubt: { gateway: 'ccp' },
      fence: fence + 1,
    })
    // Handing it back keeps the doubt for the next one.
    await store.ledger.settle(send, fence + 1, { status: 'queued', doubtedGateway: 'ccp' })
    expect(await store.ledger.claim(send, 'aliyun', { fence: 0, leaseMs: LEASE })).toMatchObject({
      kind: 'go',
      doubt: { gateway: 'ccp' },
    })
  })

  it('remembers a risked second message even if its holder vanishes in the call', async () => {
    const send = await issued()
    await store.ledger.claim(send, 'twilio', { fence: 0, leaseMs: LEASE, risksSecondSend: true })
    await store.pass(7)
    expect(await store.ledger.claim(send, 'twilio', { fence: 0, leaseMs: LEASE })).toMatchObject({
      kind: 'go',
      secondSendRisked: true,
    })
  })

  it('is refused when it is too late, and the phone has its slot back', async () => {
    const mobile = aMobile()
    const send = await issued(mobile)
    await store.pass(120)
    expect(await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: LEASE })).toEqual({ kind: 'late' })
    expect(await store.codes.find(send.rid, ['default'])).toMatchObject({ status: 'failed', reason: 'late' })
    expect(await store.redis.exists(`sms:{${store.keyring.pseudonym(mobile)}}:sends`)).toBe(0)
  })

  it('is refused once the code was used: whoever typed it has it', async () => {
    const mobile = aMobile()
    const answer = await store.codes.issue(mobile, 'default')
    await store.codes.verify(mobile, 'default', await store.codeOf(answer), undefined)
    expect(await store.ledger.claim(sendOf(answer), 'ccp', { fence: 0, leaseMs: LEASE })).toEqual({
      kind: 'gone',
      reason: 'used',
    })
  })

  it('is refused for a send that a newer one has replaced', async () => {
    const mobile = aMobile()
    const send = await issued(mobile)
    await store.pass(61)
    await store.codes.issue(mobile, 'default')
    expect(await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: LEASE })).toEqual({
      kind: 'gone',
      reason: 'replaced',
    })
  })

  it('is refused when Redis has forgotten everything', async () => {
    const send = await issued()
    await store.redis.del(...(await store.redis.keys('sms:*')))
    expect(await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: LEASE })).toEqual({
      kind: 'gone',
      reason: 'no_record',
    })
  })

  it('says so when no key of ours opens the box', async () => {
    const send = await issued()
    const other = createKeyring({
      phoneKey: Buffer.alloc(32),
      codeKeys: [{ kid: 'k1', key: Buffer.alloc(32) }],
    })
    const claim = await createSendLedger(store.redis, other).claim(send, 'ccp', { fence: 0, leaseMs: LEASE })
    expect(claim.kind).toBe('unreadable')
  })
})

describe('a send that ends in doubt', () => {
  const slots = (mobile: string) => store.redis.zcard(`sms:{${store.keyring.pseudonym(mobile)}}:sends`)

  it('keeps its slot when it is too late, or faults could be used to send more', async () => {
    const mobile = aMobile()
    const send = await issued(mobile)
    const { fence } = await claimed(send)
    await store.ledger.settle(send, fence, { status: 'queued', doubtedGateway: 'ccp' })
    await store.pass(120)
    expect(await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: LEASE })).toEqual({ kind: 'late' })
    expect(await slots(mobile)).toBe(1)
  })

  it('keeps it when it fails, and when it is buried in the middle of a call', async () => {
    const [first, second] = [aMobile(), aMobile()]
    const send = await issued(first)
    const { fence } = await claimed(send)
    await store.ledger.settle(send, fence, { status: 'failed', reason: 'ambiguous', doubtedGateway: 'ccp' })
    const other = await issued(second)
    await claimed(other)
    await store.ledger.settleUnclaimed(other, { status: 'failed', reason: 'job_failed' })
    expect([await slots(first), await slots(second)]).toEqual([1, 1])
  })
})

describe('settle', () => {
  it('writes a terminal status once', async () => {
    const send = await issued()
    const { fence } = await claimed(send)
    expect(await store.ledger.settle(send, fence, { status: 'sent', channel: 'sms', gateway: 'ccp' })).toBe(
      true,
    )
    expect(await store.ledger.settle(send, fence, { status: 'failed' })).toBe(false)
    expect(await store.ledger.settleUnclaimed(send, { status: 'failed' })).toBe(false)
    expect(await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: LEASE })).toMatchObject({
      kind: 'done',
      status: 'sent',
    })
    expect(await store.codes.find(send.rid, ['default'])).toMatchObject({ status: 'sent' })
  })

  it('is refused to a holder whose claim was taken over', async () => {
    const send = await issued()
    const { fence } = await claimed(send)
    await store.pass(7)
    const taken = await claimed(send)
    expect(await store.ledger.settle(send, fence, { status: 'failed' })).toBe(false)
    expect(await store.ledger.settle(send, taken.fence, { status: 'sent' })).toBe(true)
  })

  it.each([
    ['send', 61],
    ['request', 300],
  ])('of an old %s leaves the one after it alone', async (_what, seconds) => {
    const mobile = aMobile()
    const old = await issued(mobile)
    await store.pass(seconds)
    const next = await issued(mobile)
    expect(await store.ledger.settleUnclaimed(old, { status: 'failed' })).toBe(false)
    expect(await store.ledger.claim(next, 'ccp', { fence: 0, leaseMs: LEASE })).toMatchObject({ kind: 'go' })
  })

  it('gives the phone its slot back when delivery finally failed', async () => {
    const mobile = aMobile()
    const send = await issued(mobile)
    const { fence } = await claimed(send)
    await store.ledger.settle(send, fence, { status: 'failed', reason: 'number' })
    expect(await store.codes.issue(mobile, 'default')).toMatchObject({ kind: 'issued' })
  })

  it('buries a send whose job cannot run any more', async () => {
    const send = await issued()
    await claimed(send)
    expect(await store.ledger.settleUnclaimed(send, { status: 'failed', reason: 'job_failed' })).toBe(true)
    expect(await store.codes.find(send.rid, ['default'])).toMatchObject({ status: 'failed' })
  })
})

describe('report', () => {
  async function sent(mobile = aMobile()) {
    const send = await issued(mobile)
    const { fence } = await claimed(send)
    await store.ledger.settle(send, fence, { status: 'sent', gateway: 'ccp' })
    return send
  }
  const statusOf = async (rid: string) => (await store.codes.find(rid, ['default']))?.status

  it.each(['delivered', 'undelivered', 'missing'] as const)(
    'of an old send, %s, leaves the one after it alone',
    async (state) => {
      const mobile = aMobile()
      const old = await sent(mobile)
      await store.pass(61)
      const next = await sent(mobile)
      expect([next.rid, next.n]).toEqual([old.rid, 2])
      expect(await store.ledger.report(old, state, true)).toEqual({ kind: 'kept' })
      expect(await statusOf(next.rid)).toBe('sent')
    },
  )

  it('hands a message to the other channel while there is time for it, and not later', async () => {
    const [early, late] = [await sent(), await sent()]
    expect(await store.ledger.report(early, 'undelivered', true)).toEqual({ kind: 'moved' })
    await store.pass(121)
    expect(await store.ledger.report(late, 'missing', true)).toEqual({ kind: 'kept' })
    expect(await store.ledger.report(late, 'undelivered', true)).toEqual({ kind: 'failed' })
  })

  it('takes nothing back once it was delivered', async () => {
    const send = await sent()
    expect(await store.ledger.report(send, 'delivered', true)).toMatchObject({ kind: 'delivered' })
    expect(await store.ledger.report(send, 'undelivered', true)).toEqual({ kind: 'kept' })
    expect(await statusOf(send.rid)).toBe('delivered')
  })
})

describe('what a send took of the budget', () => {
  async function spent(end: (send: ReturnType<typeof sendOf>) => Promise<unknown>) {
    const unit = `unit-${Math.random()}`
    await store.redis.zadd(keys.budget, Date.now(), unit)
    const send = sendOf(await store.codes.issue(aMobile(), 'default', { budgetUnit: unit }))
    await end(send)
    return (await store.redis.zscore(keys.budget, unit)) !== null
  }
  const taking = (send: ReturnType<typeof sendOf>) =>
    store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: LEASE })

  it('comes back when certainly nothing was sent', async () => {
    const failed = (send: ReturnType<typeof sendOf>) =>
      taking(send).then((claim) =>
        store.ledger.settle(send, claim.kind === 'go' ? claim.fence : 0, {
          status: 'failed',
          reason: 'number',
        }),
      )
    const late = async (send: ReturnType<typeof sendOf>) => {
      await store.pass(121)
      await taking(send)
    }
    const lapsed = async (send: ReturnType<typeof sendOf>) => {
      await store.pass(121)
      await store.ledger.lapse(send)
    }
    expect([await spent(failed), await spent(late), await spent(lapsed)]).toEqual([false, false, false])
  })

  it('stays spent when the message was sent, or may have been', async () => {
    const settled = (what: Settlement) => async (send: ReturnType<typeof sendOf>) => {
      const claim = await taking(send)
      await store.ledger.settle(send, claim.kind === 'go' ? claim.fence : 0, what)
    }
    const vanished = async (send: ReturnType<typeof sendOf>) => {
      await taking(send)
      await store.pass(121)
      await taking(send)
    }
    expect(await spent(settled({ status: 'sent', gateway: 'ccp' }))).toBe(true)
    expect(await spent(settled({ status: 'failed', doubtedGateway: 'ccp', reason: 'ambiguous' }))).toBe(true)
    expect(await spent(vanished)).toBe(true)
  })
})
