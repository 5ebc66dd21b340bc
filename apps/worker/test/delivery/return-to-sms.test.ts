import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { createCounters } from '@sms-codes/core/limits/counters'
import { keys } from '@sms-codes/core/redis/keys'
import { StoreError } from '@sms-codes/core/redis/connect'
import type { Outcome, OutcomeClass } from '@sms-codes/gateways/gateway'
import type { Send } from '@sms-codes/core/codes/send'
import { RetryLater } from '../../src/delivery/settle-send.ts'
import { fakeGateway, jobOf } from '../worker.ts'
import { AFTER_MS, startBothChannels } from './both-channels.ts'

let both: Awaited<ReturnType<typeof startBothChannels>>
let delivery: (typeof both)['delivery']
beforeAll(async () => {
  both = await startBothChannels()
  ;({ delivery } = both)
})
beforeEach(() => both.clear())
afterAll(() => both.stop())

const DOWN = 'switch_now'
const mail = (...script: (OutcomeClass | Outcome)[]) => fakeGateway('email', script)
const budget = { key: keys.budget, windows: [{ most: 100, seconds: 86_400 }] }
const used = async () => (await createCounters(delivery.redis).room(budget))[0]?.used ?? 0
/** Takes a unit of the budget. Answers its time, and a function that tells whether the unit is still taken. */
async function takeUnit() {
  const taken = await createCounters(delivery.redis).take([budget])
  const before = await used()
  return { budgetUnit: taken.kind === 'taken' ? taken.at : 0, isSpent: async () => (await used()) === before }
}

/** Issues a send that counts against the budget, and moves the send to e-mail because no SMS gateway is up. */
async function moved() {
  const { budgetUnit, isSpent } = await takeUnit()
  const one = await both.issued({ budgetUnit })
  await both.sms(one.send, [fakeGateway('first', [DOWN])]).catch(() => undefined)
  await delivery.pass(AFTER_MS / 1000)
  expect(await both.sms(one.send, [fakeGateway('first', [DOWN])])).toMatchObject({ outcome: 'moved' })
  return { ...one, isSpent }
}
/** Runs the job of a channel until the job ends, at most `most` times. */
async function runJob(run: () => Promise<unknown>, most = 5): Promise<unknown> {
  for (let i = 0; i < most; i++) {
    const answer = await run().catch((err: unknown) => err)
    if (!(answer instanceof RetryLater)) return answer
  }
  return 'still open'
}
const channelOf = async ({ rid }: Send) => (await both.statusOf(rid))?.channel

describe('a send that no SMS gateway and then no mail server took', () => {
  it('is delivered once by SMS when a gateway is back', async () => {
    const { mobile, send, code } = await moved()
    const down = mail(DOWN)
    expect(await both.email(send, down)).toEqual({ outcome: 'moved', why: 'no_gateway' })
    expect(await both.statusOf(send.rid)).toMatchObject({ status: 'queued', channel: 'sms' })
    const first = fakeGateway('first')
    expect(await both.sms(send, [first])).toEqual({ outcome: 'sent', why: 'first' })
    expect(await both.sms(send, [first])).toEqual({ outcome: 'done', why: 'sent' })
    expect(await both.email(send, down)).toEqual({ outcome: 'done', why: 'sent' })
    expect([first.messages.length, down.messages.length]).toEqual([1, 1])
    expect(first.messages[0]?.code).toBe(code)
    // Certainly no mail left, so the code proves the phone only.
    expect(await delivery.codes.verify(mobile, 'login', code, send.rid)).toMatchObject({ channel: 'sms' })
  })

  it('is delivered once by e-mail when the mail server is back first', async () => {
    const { send } = await moved()
    await both.email(send, mail(DOWN))
    expect(await both.sms(send, [fakeGateway('first', [DOWN])])).toMatchObject({ outcome: 'moved' })
    const back = mail()
    expect(await both.email(send, back)).toEqual({ outcome: 'fell_back', why: 'email' })
    expect(await both.sms(send, [fakeGateway('first')])).toEqual({ outcome: 'done', why: 'fell_back' })
    expect(back.messages).toHaveLength(1)
  })

  it('has one job for each change of channel, and a pause before each return to SMS', async () => {
    const { send } = await moved()
    const job = `${send.rid}.${send.n}`
    for (let i = 0; i < 3; i++) {
      await both.email(send, mail(DOWN))
      await both.sms(send, [fakeGateway('first', [DOWN])])
    }
    const sorted = async (queue: 'sms' | 'email') => (await both.jobsOf(queue)).toSorted()
    expect(await sorted('email')).toEqual([1, 3, 5, 7].map((moves) => `send ${job}.m${moves}`))
    expect(await sorted('sms')).toEqual([2, 4, 6].map((moves) => `send ${job}.m${moves}`))
    const delays = (await both.delaysOf('sms')).toSorted((one, other) => one - other)
    expect(delays.map((ms) => [ms >= 280, ms <= 5_000])).toEqual(delays.map(() => [true, true]))
    expect(delays).toHaveLength(3)
  })

  it('gets its job from the next run of the old job if its worker died between the move and the add', async () => {
    const { send } = await moved()
    await both.clear()
    expect(await both.sms(send, [fakeGateway('first')])).toEqual({ outcome: 'gone', why: 'moved' })
    expect(await both.jobsOf('email')).toEqual([`send ${send.rid}.1.m1`])
    await both.email(send, mail(DOWN))
    await both.clear()
    expect(await both.email(send)).toEqual({ outcome: 'gone', why: 'moved' })
    expect(await both.email(send)).toEqual({ outcome: 'gone', why: 'moved' })
    expect(await both.jobsOf('sms')).toEqual([`send ${send.rid}.1.m2`])
  })

  it('ends when its time is over, on either channel, and gives slot and budget back', async () => {
    for (const returns of [false, true]) {
      const { send, isSpent } = await moved()
      if (returns) await both.email(send, mail(DOWN))
      await delivery.pass(121)
      const run = returns ? both.sms(send, [fakeGateway('first')]) : both.email(send)
      expect(await run).toEqual({ outcome: 'failed', why: 'late', answer: '' })
      expect([await delivery.slotsOf(send), await isSpent()]).toEqual([0, false])
    }
  })

  it('is not mailed again after the mailbox refused the mail', async () => {
    for (const refusal of ['number', 'number_limit'] as const) {
      const { send, isSpent } = await moved()
      expect(await both.email(send, mail(refusal))).toEqual({ outcome: 'moved', why: refusal })
      await expect(both.sms(send, [fakeGateway('first', [DOWN])])).rejects.toThrow('no_gateway: ')
      expect(await channelOf(send)).toBe('sms')
      expect(await both.sms(send, [fakeGateway('first', ['number'])])).toEqual({
        outcome: 'failed',
        why: 'number',
        answer: 'first first-number',
      })
      expect([await delivery.slotsOf(send), await isSpent()]).toEqual([0, false])
    }
  })

  it('is not mailed again if an accepted SMS is undelivered and the mailbox had refused the mail', async () => {
    const { send } = await moved()
    await both.email(send, mail('number'))
    const accepted = fakeGateway('first', [{ class: 'accepted', code: 'OK', messageId: 'm-1' }])
    await both.receipts.arrive('first', 'm-1', 'undelivered')
    await both.sms(send, [accepted])
    expect(await both.statusOf(send.rid)).toMatchObject({ status: 'failed', reason: 'undelivered' })
  })
})

describe('a send that may have left', () => {
  it('by mail stays on e-mail, and causes at most one further message', async () => {
    const { mobile, send, code } = await moved()
    const server = mail('ambiguous', DOWN, 'ambiguous')
    const ambiguous = { outcome: 'failed', why: 'ambiguous', answer: '' }
    expect(await runJob(() => both.email(send, server))).toEqual(ambiguous)
    expect(server.messages).toHaveLength(3)
    expect([await channelOf(send), await both.jobsOf('sms')]).toEqual(['email', []])
    expect(await delivery.slotsOf(send)).toBe(1)
    expect(await delivery.codes.verify(mobile, 'login', code, send.rid)).toMatchObject({ channel: 'email' })
  })

  it('by SMS returns with its doubt, and causes at most one further message', async () => {
    const { send } = await both.issued()
    const first = fakeGateway('first', ['ambiguous', DOWN])
    await both.sms(send, [first]).catch(() => undefined)
    await delivery.pass(AFTER_MS / 1000)
    expect(await both.sms(send, [first])).toEqual({ outcome: 'moved', why: 'no_gateway' })
    await both.email(send, mail(DOWN))
    first.script.push('ambiguous')
    expect(await runJob(() => both.sms(send, [first]))).toMatchObject({ outcome: 'moved', why: 'ambiguous' })
    expect(await both.email(send, mail('number'))).toEqual({ outcome: 'moved', why: 'number' })
    expect(await both.sms(send, [first])).toEqual({ outcome: 'failed', why: 'ambiguous', answer: '' })
    // Calls one and three may have left; the second certainly did not.
    expect(first.messages).toHaveLength(3)
    expect(await delivery.slotsOf(send)).toBe(1)
  })

  it('by SMS is repeated after its return at a gateway that recognises the message', async () => {
    const { send } = await both.issued()
    const ccp = fakeGateway('ccp', ['ambiguous', 'ambiguous', 'duplicate'], true)
    await both.sms(send, [ccp]).catch(() => undefined)
    await delivery.pass(AFTER_MS / 1000)
    expect(await both.sms(send, [ccp])).toEqual({ outcome: 'moved', why: 'ambiguous' })
    await both.email(send, mail(DOWN))
    const other = fakeGateway('other')
    expect(await both.sms(send, [other, ccp])).toEqual({ outcome: 'sent', why: 'ccp' })
    expect(other.messages).toEqual([])
  })

  it('keeps slot and budget spent if it certainly fails at the end, after a doubt on the other channel', async () => {
    const { send, isSpent } = await moved()
    const server = mail(DOWN)
    await both.email(send, server)
    const first = fakeGateway('first', ['ambiguous'])
    expect(await both.sms(send, [first])).toEqual({ outcome: 'moved', why: 'ambiguous' })
    expect(await both.email(send, mail('number'))).toMatchObject({ outcome: 'moved' })
    await delivery.pass(121)
    expect(await both.sms(send, [first])).toEqual({ outcome: 'failed', why: 'late', answer: '' })
    expect([await delivery.slotsOf(send), await isSpent()]).toEqual([1, true])
  })

  it('and is undelivered keeps slot and budget spent if the mail is refused', async () => {
    const { budgetUnit, isSpent } = await takeUnit()
    const { send } = await both.issued({ budgetUnit })
    await both.receipts.arrive('first', 'm-2', 'undelivered')
    await both.sms(send, [fakeGateway('first', [{ class: 'accepted', code: 'OK', messageId: 'm-2' }])])
    expect(await both.email(send, mail('number'))).toMatchObject({ outcome: 'failed', why: 'number' })
    expect(await both.statusOf(send.rid)).toMatchObject({ status: 'failed', reason: 'undelivered' })
    expect(await delivery.slotsOf(send)).toBe(1)
    expect(await isSpent()).toBe(true)
  })

  it('by an earlier mail keeps the assurance e-mail after the next mail certainly failed', async () => {
    const { mobile, send, code } = await moved()
    await both.email(send)
    await delivery.pass(61)
    const { send: again } = await delivery.codes.issue(mobile, 'login').then((issued) => {
      if (issued.kind !== 'issued') throw new Error('not issued')
      return issued
    })
    await both.sms(again, [fakeGateway('first', ['number'])])
    expect(await both.email(again, mail('number'))).toMatchObject({ outcome: 'failed' })
    expect(await delivery.codes.verify(mobile, 'login', code, send.rid)).toMatchObject({ channel: 'email' })
  })
})

describe('a move to e-mail', () => {
  it('is not made for an undelivered SMS of a phone without a contact', async () => {
    const { send } = await both.issued({ email: '' })
    await both.receipts.arrive('first', 'm-3', 'undelivered')
    await both.sms(send, [fakeGateway('first', [{ class: 'accepted', code: 'OK', messageId: 'm-3' }])])
    expect(await both.statusOf(send.rid)).toMatchObject({
      status: 'failed',
      channel: 'sms',
      reason: 'undelivered',
    })
    expect(await both.jobsOf('email')).toEqual([])
  })

  it('is undone by a delivery receipt: the channel is sms again', async () => {
    const { send } = await both.issued()
    const first = fakeGateway('first', ['ambiguous', 'ambiguous'])
    for (let i = 0; i < 3; i++) await both.sms(send, [first]).catch(() => undefined)
    expect(await channelOf(send)).toBe('email')
    await delivery.ledger.report(send, 'delivered', false)
    expect(await both.statusOf(send.rid)).toMatchObject({ status: 'delivered', channel: 'sms' })
    expect(await both.email(send)).toEqual({ outcome: 'done', why: 'delivered' })
  })

  it('makes the job fail and is counted once if the mail queue refuses, and the next run adds the mail', async () => {
    const { send } = await both.issued()
    const { fallback: refusing } = both.withoutProducer()
    const countOf = async () =>
      /sms_sends_ended_total\{status="moved",by="number"\} (\d+)/.exec(await delivery.registry.metrics())?.[1]
    const before = Number((await countOf()) ?? 0)
    const run = both.sms(send, [fakeGateway('first', ['number'])], { other: refusing })
    await expect(run).rejects.toThrow(StoreError)
    expect(await both.jobsOf('email')).toEqual([])
    expect(await both.sms(send, [fakeGateway('first')])).toEqual({ outcome: 'gone', why: 'moved' })
    expect(await both.jobsOf('email')).toEqual([`send ${send.rid}.1.m1`])
    expect(Number(await countOf())).toBe(before + 1)
  })

  it('makes the check for a delivery receipt fail if the mail queue refuses, and the next check adds the mail', async () => {
    const { send } = await both.issued()
    await both.sms(send, [fakeGateway('first')])
    await both.clear()
    await delivery.pass(20)
    await expect(both.withoutProducer().followUp.check(jobOf(send))).rejects.toThrow(StoreError)
    expect([await channelOf(send), await both.jobsOf('email')]).toEqual(['email', []])
    expect(await both.followUp.check(jobOf(send))).toEqual({ kind: 'moved', moves: 1 })
    expect(await both.jobsOf('email')).toEqual([`send ${send.rid}.1.m1`])
  })
})

describe('a send in a scene with fallback', () => {
  const certain = fc.constantFrom<OutcomeClass>('switch_now', 'config', 'template', 'retry_same')
  const mailFault = fc.oneof(certain, fc.constantFrom<OutcomeClass>('number'))
  const round = fc.record({ sms: certain, email: mailFault })

  it('is never lost in an outage after which SMS alone would deliver it, whatever SMS and mail refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(round, { maxLength: 6 }), async (rounds) => {
        const { send } = await moved()
        const run = async (first: ReturnType<typeof fakeGateway>, server: ReturnType<typeof fakeGateway>) => {
          const channel = await channelOf(send)
          const job = channel === 'sms' ? both.sms(send, [first]) : both.email(send, server)
          return job.catch((err: unknown) => err)
        }
        for (const step of rounds) await run(fakeGateway('first', [step.sms]), mail(step.email))
        const [back, down] = [fakeGateway('first'), mail(...Array<OutcomeClass>(9).fill(DOWN))]
        for (let i = 0; i < 3; i++) await run(back, down)
        expect(await both.statusOf(send.rid)).toMatchObject({ status: 'sent', channel: 'sms' })
        expect(back.messages).toHaveLength(1)
      }),
      { numRuns: 80 },
    )
  }, 60_000)
})
