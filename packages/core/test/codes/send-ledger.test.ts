import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring } from '../../src/keyring.ts'
import { createCounters } from '../../src/limits/counters.ts'
import { keys } from '../../src/redis/keys.ts'
import { createSendLedger, type Settlement } from '../../src/codes/send-ledger.ts'
import { phoneOf } from '../../src/codes/send.ts'
import { newKeyring, newMobile, sendOf, startStore } from '../store.ts'

let store: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  store = await startStore()
})
afterAll(() => store.stop())

const LEASE = 6_500
const mail = { fence: 0, leaseMs: LEASE, channel: 'email' as const }

async function issued(mobile = newMobile()) {
  return sendOf(await store.codes.issue(mobile, 'default'))
}

async function claimed(send: Awaited<ReturnType<typeof issued>>, gateway = 'ccp') {
  const claim = await store.ledger.claim(send, gateway, { fence: 0, leaseMs: LEASE })
  if (claim.kind !== 'go') throw new Error(`no claim but ${claim.kind}`)
  return claim
}

describe('claim', () => {
  it('gives the number and the code to exactly one of 50 concurrent workers', async () => {
    const mobile = newMobile()
    const send = await issued(mobile)
    const claims = await Promise.all(
      Array.from({ length: 50 }, () => store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: LEASE })),
    )
    const [winner, ...others] = claims.filter(({ kind }) => kind === 'go')
    expect(winner).toMatchObject({ mobile, doubt: null, secondSendRisked: false })
    expect(others).toEqual([])
    expect(claims.filter(({ kind }) => kind === 'busy')).toHaveLength(49)
  })

  it('lets its holder call the next gateway without a doubt', async () => {
    const send = await issued()
    const { fence } = await claimed(send)
    expect(await store.ledger.claim(send, 'aliyun', { fence, leaseMs: LEASE })).toMatchObject({
      kind: 'go',
      doubt: null,
    })
  })

  it('names the gateway that may have the message after the lease of an earlier claim ended', async () => {
    const send = await issued()
    const { fence } = await claimed(send)
    await store.pass(7)
    expect(await store.ledger.claim(send, 'aliyun', { fence: 0, leaseMs: LEASE })).toMatchObject({
      kind: 'go',
      doubt: { gateway: 'ccp' },
      fence: fence + 1,
    })
    // The doubt stays after the send has returned to the queue.
    await store.ledger.settle(send, fence + 1, { status: 'queued', doubtedGateway: 'ccp' })
    expect(await store.ledger.claim(send, 'aliyun', { fence: 0, leaseMs: LEASE })).toMatchObject({
      kind: 'go',
      doubt: { gateway: 'ccp' },
    })
  })

  it('remembers a risked second message even if its worker dies during the call', async () => {
    const send = await issued()
    await store.ledger.claim(send, 'twilio', { fence: 0, leaseMs: LEASE, risksSecondSend: true })
    await store.pass(7)
    expect(await store.ledger.claim(send, 'twilio', { fence: 0, leaseMs: LEASE })).toMatchObject({
      kind: 'go',
      secondSendRisked: true,
    })
  })

  it('keeps the risk of a second message in a claim without a risk, even if its worker dies', async () => {
    const send = await issued()
    const risk = { fence: 0, leaseMs: LEASE, risksSecondSend: true }
    await store.ledger.claim(send, 'twilio', risk)
    for (let death = 0; death < 2; death++) {
      await store.pass(7)
      expect(await claimed(send, 'twilio')).toMatchObject({ secondSendRisked: true })
    }
  })

  it('is refused after the time to send is over, and the phone gets its slot back', async () => {
    const mobile = newMobile()
    const send = await issued(mobile)
    await store.pass(120)
    expect(await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: LEASE })).toEqual({ kind: 'late' })
    expect(await store.codes.find(send.rid, ['default'])).toMatchObject({
      status: 'failed',
      reason: 'late',
      times: [{ state: 'queued' }, { state: 'failed' }],
    })
    expect(await store.slotsOf(send)).toBe(0)
  })

  it('is refused once the code was used, because its message must have arrived', async () => {
    const mobile = newMobile()
    const answer = await store.codes.issue(mobile, 'default')
    await store.codes.verify(mobile, 'default', await store.codeOf(answer), undefined)
    expect(await store.ledger.claim(sendOf(answer), 'ccp', { fence: 0, leaseMs: LEASE })).toEqual({
      kind: 'gone',
      reason: 'used',
    })
  })

  it('is refused for a send that a newer send has replaced', async () => {
    const mobile = newMobile()
    const send = await issued(mobile)
    await store.pass(61)
    await store.codes.issue(mobile, 'default')
    expect(await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: LEASE })).toEqual({
      kind: 'gone',
      reason: 'replaced',
    })
  })

  it('is refused if Redis has lost the record', async () => {
    const send = await issued()
    await store.redis.flushall()
    expect(await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: LEASE })).toEqual({
      kind: 'gone',
      reason: 'no_record',
    })
  })

  it('is refused without a change of the record if the key ring lacks the key of the message', async () => {
    const send = await issued()
    const record = keys.code(phoneOf(send.rid), send.scene)
    const before = await store.redis.hgetall(record)
    const codeKeys = [{ kid: 'k2', key: randomBytes(32) }]
    const other = createSendLedger(store.redis, createKeyring({ phoneKey: randomBytes(32), codeKeys }))
    const claim = await other.claim(send, 'ccp', { fence: 0, leaseMs: LEASE })
    expect(claim).toEqual({ kind: 'no_key', kid: 'k1' })
    expect(await store.redis.hgetall(record)).toEqual(before)
    await store.ledger.settleUnclaimed(send, { status: 'sent', gateway: 'ccp', messageId: 'm' })
    expect(await other.claim(send, 'ccp', { fence: 0, leaseMs: LEASE })).toEqual({
      kind: 'done',
      status: 'sent',
      reason: '',
      gateway: 'ccp',
      messageId: 'm',
      grouped: null,
    })
  })

  it('reports a sealed message that the key with its id does not open', async () => {
    const send = await issued()
    const otherLedger = createSendLedger(store.redis, newKeyring())
    const claim = await otherLedger.claim(send, 'ccp', { fence: 0, leaseMs: LEASE })
    expect(claim.kind).toBe('unreadable')
  })
})

describe('a doubt', () => {
  const doubtOf = async (send: Awaited<ReturnType<typeof issued>>, gateway = 'ccp') => {
    const { fence, doubt } = await claimed(send, gateway)
    if (doubt === null) throw new Error('there is no doubt')
    return { fence, ...doubt }
  }

  it('keeps the time of its call while it is kept: by a settlement, and by a worker that dies in a repeat', async () => {
    const send = await issued()
    const { fence } = await claimed(send)
    await store.ledger.settle(send, fence, { status: 'queued', doubtedGateway: 'ccp' })
    await store.pass(3)
    const first = await doubtOf(send)
    await store.ledger.settle(send, first.fence, { status: 'queued', doubtedGateway: 'ccp' })
    const kept = await doubtOf(send)
    expect([kept.gateway, kept.sinceMs]).toEqual(['ccp', first.sinceMs])
    // This worker dies during its repeat at the doubted gateway.
    await store.ledger.claim(send, 'ccp', { fence: kept.fence, leaseMs: LEASE })
    await store.pass(7)
    const after = await doubtOf(send, 'aliyun')
    expect([after.gateway, after.sinceMs]).toEqual(['ccp', first.sinceMs - 7_000])
  })

  it('stays about the gateway that was called if the next worker dies before its own call', async () => {
    const send = await issued()
    await claimed(send)
    for (let death = 0; death < 2; death++) {
      await store.pass(7)
      expect(await doubtOf(send, 'aliyun')).toMatchObject({ gateway: 'ccp' })
    }
    // The answer of this gateway resolves the doubt, so a later failure gives the slot back.
    await store.pass(7)
    await store.ledger.settle(send, (await doubtOf(send)).fence, { status: 'queued' })
    await store.ledger.settle(send, (await claimed(send)).fence, { status: 'failed', reason: 'number' })
    expect(await store.slotsOf(send)).toBe(0)
  })

  it('about another gateway has the time of the newest call', async () => {
    const send = await issued()
    const { fence } = await claimed(send)
    await store.ledger.settle(send, fence, { status: 'queued', doubtedGateway: 'ccp' })
    await store.pass(3)
    const first = await doubtOf(send, 'aliyun')
    await store.ledger.claim(send, 'aliyun', { fence: first.fence, leaseMs: LEASE })
    const calledAt = Number(await store.redis.hget(keys.code(phoneOf(send.rid), 'default'), 'called_at'))
    await store.ledger.settle(send, first.fence + 1, { status: 'queued', doubtedGateway: 'aliyun' })
    expect(await doubtOf(send)).toMatchObject({ gateway: 'aliyun', sinceMs: calledAt })
  })
})

describe('a send that ends in doubt', () => {
  it('keeps its slot when it is late, so that faults do not allow more messages than the limits', async () => {
    const send = await issued()
    const { fence } = await claimed(send)
    await store.ledger.settle(send, fence, { status: 'queued', doubtedGateway: 'ccp' })
    await store.pass(120)
    expect(await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: LEASE })).toEqual({ kind: 'late' })
    expect(await store.slotsOf(send)).toBe(1)
  })

  it('keeps its slot when it fails, and when it is settled without a claim during or after a call', async () => {
    const send = await issued()
    const { fence } = await claimed(send)
    await store.ledger.settle(send, fence, { status: 'failed', reason: 'ambiguous', doubtedGateway: 'ccp' })
    const other = await issued()
    await claimed(other)
    await store.ledger.settleUnclaimed(other, { status: 'failed', reason: 'job_failed' })
    const waiting = await issued()
    const doubted = { status: 'queued', doubtedGateway: 'ccp' } as const
    await store.ledger.settle(waiting, (await claimed(waiting)).fence, doubted)
    await store.ledger.settleUnclaimed(waiting, { status: 'failed', reason: 'job_failed' })
    expect(await Promise.all([send, other, waiting].map(store.slotsOf))).toEqual([1, 1, 1])
  })

  it('keeps its slot after a second doubt replaced the first, even if the second doubt is resolved', async () => {
    const send = await issued()
    await claimed(send, 'ccp')
    await store.pass(7)
    const { fence } = await claimed(send, 'aliyun')
    // This worker knows of the doubt about ccp, claims again to call aliyun, and dies during the call.
    expect(await store.ledger.claim(send, 'aliyun', { fence, leaseMs: LEASE })).toMatchObject({ kind: 'go' })
    await store.pass(7)
    const second = await claimed(send, 'ccp')
    expect(second.doubt).toMatchObject({ gateway: 'aliyun' })
    await store.ledger.settle(send, second.fence, { status: 'queued' })
    const last = await claimed(send, 'ccp')
    expect(last.doubt).toBeNull()
    await store.ledger.settle(send, last.fence, { status: 'failed', reason: 'number' })
    expect(await store.slotsOf(send)).toBe(1)
  })
})

describe('a settlement', () => {
  it('writes a final status once', async () => {
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

  it('is refused to a worker whose claim was replaced', async () => {
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
  ])('of an old %s does not change the newer one', async (_what, seconds) => {
    const mobile = newMobile()
    const old = await issued(mobile)
    await store.pass(seconds)
    const next = await issued(mobile)
    expect(await store.ledger.settleUnclaimed(old, { status: 'failed' })).toBe(false)
    expect(await store.ledger.claim(next, 'ccp', { fence: 0, leaseMs: LEASE })).toMatchObject({ kind: 'go' })
  })

  it('gives the phone its slot back if the message certainly did not leave', async () => {
    const mobile = newMobile()
    const send = await issued(mobile)
    const { fence } = await claimed(send)
    await store.ledger.settle(send, fence, { status: 'failed', reason: 'number' })
    expect(await store.codes.issue(mobile, 'default')).toMatchObject({ kind: 'issued' })
  })

  it('that moves a send to e-mail permits one second message there again', async () => {
    const send = await issued()
    await store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: LEASE, risksSecondSend: true })
    await store.ledger.settle(send, 1, { status: 'moved', reason: 'ambiguous', secondSendRisked: true })
    expect(await store.ledger.claim(send, 'email', mail)).toMatchObject({
      kind: 'go',
      secondSendRisked: false,
    })
  })

  it('without a claim during a mail leaves open whether the code can be read in a mailbox', async () => {
    const mobile = newMobile()
    const answer = await store.codes.issue(mobile, 'default')
    const send = sendOf(answer)
    await store.ledger.settle(send, (await claimed(send)).fence, { status: 'moved', reason: 'number' })
    await store.ledger.claim(send, 'email', mail)
    await store.ledger.settleUnclaimed(send, { status: 'failed', channel: 'email', reason: 'job_failed' })
    expect(await store.codes.verify(mobile, 'default', await store.codeOf(answer))).toMatchObject({
      kind: 'ok',
      channel: 'email',
    })
  })

  it('without a claim ends a send whose job can no longer run', async () => {
    const send = await issued()
    await claimed(send)
    expect(await store.ledger.settleUnclaimed(send, { status: 'failed', reason: 'job_failed' })).toBe(true)
    expect(await store.codes.find(send.rid, ['default'])).toMatchObject({ status: 'failed' })
  })
})

describe('a delivery report', () => {
  async function sent(mobile = newMobile()) {
    const send = await issued(mobile)
    const { fence } = await claimed(send)
    await store.ledger.settle(send, fence, { status: 'sent', gateway: 'ccp' })
    return send
  }
  const statusOf = async (rid: string) => (await store.codes.find(rid, ['default']))?.status

  it.each(['delivered', 'undelivered', 'missing'] as const)(
    '"%s" about an old send does not change the newer one',
    async (state) => {
      const mobile = newMobile()
      const old = await sent(mobile)
      await store.pass(61)
      const next = await sent(mobile)
      expect([next.rid, next.n]).toEqual([old.rid, 2])
      expect(await store.ledger.report(old, state, true)).toEqual({ kind: 'kept' })
      expect(await statusOf(next.rid)).toBe('sent')
    },
  )

  it('moves the send to e-mail while it has time to be sent, and not later', async () => {
    const [early, late] = [await sent(), await sent()]
    expect(await store.ledger.report(early, 'undelivered', true)).toEqual({ kind: 'moved', moves: 1 })
    await store.pass(121)
    expect(await store.ledger.report(late, 'missing', true)).toEqual({ kind: 'kept' })
    expect(await store.ledger.report(late, 'undelivered', true)).toEqual({ kind: 'failed' })
  })

  it('that moves a send to e-mail keeps its slot taken, even if the mail fails', async () => {
    const send = await sent()
    await store.ledger.report(send, 'undelivered', true)
    const claim = await store.ledger.claim(send, 'email', mail)
    if (claim.kind !== 'go') throw new Error(`no claim but ${claim.kind}`)
    await store.ledger.settle(send, claim.fence, { status: 'failed', channel: 'email' })
    expect(await statusOf(send.rid)).toBe('failed')
    expect(await store.slotsOf(send)).toBe(1)
  })

  it('never changes a delivered send', async () => {
    const send = await sent()
    expect(await store.ledger.report(send, 'delivered', true)).toMatchObject({ kind: 'delivered' })
    expect(await store.ledger.report(send, 'undelivered', true)).toEqual({ kind: 'kept' })
    expect(await statusOf(send.rid)).toBe('delivered')
  })
})

describe('the budget unit of a send', () => {
  async function isSpentAfter(end: (send: ReturnType<typeof sendOf>) => Promise<unknown>) {
    const counters = createCounters(store.redis)
    const budget = { key: keys.budget, windows: [{ most: 100, seconds: 86_400 }] }
    const used = async () => (await counters.room(budget))[0]?.used ?? 0
    const taken = await counters.take([budget])
    const before = await used()
    const budgetUnit = taken.kind === 'taken' ? taken.at : 0
    const send = sendOf(await store.codes.issue(newMobile(), 'default', { budgetUnit }))
    await end(send)
    return (await used()) === before
  }
  const claim = (send: ReturnType<typeof sendOf>) =>
    store.ledger.claim(send, 'ccp', { fence: 0, leaseMs: LEASE })

  it('comes back if certainly no message left', async () => {
    const failed = (send: ReturnType<typeof sendOf>) =>
      claim(send).then((given) =>
        store.ledger.settle(send, given.kind === 'go' ? given.fence : 0, {
          status: 'failed',
          reason: 'number',
        }),
      )
    const late = async (send: ReturnType<typeof sendOf>) => {
      await store.pass(121)
      await claim(send)
    }
    const lapsed = async (send: ReturnType<typeof sendOf>) => {
      await store.pass(121)
      await store.ledger.claim(send, '', { fence: 0, leaseMs: 0 })
    }
    expect([await isSpentAfter(failed), await isSpentAfter(late), await isSpentAfter(lapsed)]).toEqual([
      false,
      false,
      false,
    ])
  })

  it('stays spent if a message left or may have left', async () => {
    const settled = (what: Settlement) => async (send: ReturnType<typeof sendOf>) => {
      const given = await claim(send)
      await store.ledger.settle(send, given.kind === 'go' ? given.fence : 0, what)
    }
    const died = async (send: ReturnType<typeof sendOf>) => {
      await claim(send)
      await store.pass(121)
      await claim(send)
    }
    expect(await isSpentAfter(settled({ status: 'sent', gateway: 'ccp' }))).toBe(true)
    expect(
      await isSpentAfter(settled({ status: 'failed', doubtedGateway: 'ccp', reason: 'ambiguous' })),
    ).toBe(true)
    expect(await isSpentAfter(died)).toBe(true)
  })
})
