import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseCounter } from '@sms-codes/core/limits/counters'
import { createGuardCounts, GROUPS, memberOf, type Group } from '@sms-codes/core/limits/guard-counts'
import { phoneOf } from '@sms-codes/core/codes/send'
import { connectRedis } from '@sms-codes/core/redis/connect'
import { keys } from '@sms-codes/core/redis/keys'
import type { LookUp, OutcomeClass } from '@sms-codes/gateways/gateway'
import { fakeGateway, log, newMobile, readableLog, sendOf, skippedGateway, startDelivery } from '../worker.ts'

let delivery: Awaited<ReturnType<typeof startDelivery>>
beforeAll(async () => {
  delivery = await startDelivery()
})
afterAll(() => delivery.stop())

const guardCounts = () => createGuardCounts(delivery.redis, { segment: 900, address: 900, service: 900 }, log)

/** The sends of a group in the current bucket. */
async function sendsOf(group: Group, who: string): Promise<number> {
  const stored = await delivery.redis.getBuffer(keys.guarded(group, who))
  return parseCounter(stored).windows[0]?.units[0] ?? 0
}

let next = 0
async function issued({ isCounted = true } = {}) {
  const mobile = newMobile()
  const askedBy = `address-${++next}`
  const send = sendOf(await delivery.codes.issue(mobile, 'default', { askedBy, isCounted }))
  const counted = () => sendsOf('address', askedBy)
  const again = async () => {
    await delivery.pass(61)
    return sendOf(await delivery.codes.issue(mobile, 'default', { askedBy: 'another', isCounted }))
  }
  return { mobile, askedBy, send, counted, again }
}
type Gateways = Parameters<typeof delivery.deliver>[1]
/** One attempt at a send. Answers how it ended, or the error after which the queue tries again. */
const attempt = async (
  send: Parameters<typeof delivery.deliver>[0],
  gateways: Gateways,
  more: object = {},
) => {
  const counts = guardCounts()
  const ended = await delivery
    .deliver(send, gateways, { guardCounts: counts, ...more })
    .catch((err: unknown) => err)
  await counts.flush()
  return ended
}

describe('the worker counts a send for the pumping guard', () => {
  it('in each group, when a gateway has accepted it, and once if its job runs again', async () => {
    const { mobile, askedBy, send, counted } = await issued()
    for (let run = 0; run < 3; run++) await attempt(send, [fakeGateway('first')])
    expect(await counted()).toBe(1)
    for (const group of GROUPS)
      expect(await sendsOf(group, memberOf(group, { mobile, address: askedBy }))).toBe(1)
  })

  it('for the address of the first caller, and again when the same code is sent again', async () => {
    const { send, counted, again } = await issued()
    await attempt(send, [fakeGateway('first')])
    await attempt(await again(), [fakeGateway('first')])
    expect(await counted()).toBe(2)
  })

  it.each<OutcomeClass>([
    'switch_now',
    'retry_same',
    'number',
    'number_limit',
    'template',
    'config',
    'ambiguous',
    'duplicate',
  ])('not after the answer %s alone', async (outcome) => {
    const { send, counted } = await issued()
    await attempt(send, [fakeGateway('first', [outcome], true)])
    expect(await counted()).toBe(0)
  })

  it('not if its time ran out, or if every call was skipped', async () => {
    const { send, counted } = await issued()
    await attempt(send, [skippedGateway('first', ['BREAKER_OPEN'])])
    await delivery.pass(121)
    expect(await attempt(send, [fakeGateway('first')])).toEqual({
      outcome: 'failed',
      why: 'late',
      answer: '',
    })
    expect(await counted()).toBe(0)
  })

  it('when a doubt is resolved as sent: by a recognised repeat, by a look-up, or by a delivery receipt', async () => {
    const repeated = await issued()
    const ccp = fakeGateway('ccp', ['ambiguous', 'duplicate'], true)
    for (let run = 0; run < 2; run++) await attempt(repeated.send, [ccp])
    const lookedUp = await issued()
    const lookUp: LookUp = async () => ({ found: 'taken' })
    const asked = { ...fakeGateway('asked', ['ambiguous']), lookUp }
    for (let run = 0; run < 2; run++) await attempt(lookedUp.send, [asked])
    const received = await issued()
    const silent = fakeGateway('first', ['ambiguous'])
    await attempt(received.send, [silent])
    await delivery.ledger.report(received.send, 'delivered', false)
    await attempt(received.send, [silent])
    const undelivered = await issued()
    await attempt(undelivered.send, [fakeGateway('first', ['ambiguous'])])
    const followUp = { sent: async () => {}, doubted: async () => 'undelivered' as const }
    await attempt(undelivered.send, [fakeGateway('first')], { followUp })
    for (const { counted } of [repeated, lookedUp, received, undelivered]) expect(await counted()).toBe(1)
  })

  it('not if the API does not want it counted', async () => {
    const { send, counted } = await issued({ isCounted: false })
    await attempt(send, [fakeGateway('first')])
    expect(await counted()).toBe(0)
  })

  it('only if its settlement was written, so that a worker whose claim was replaced does not count it again', async () => {
    const { send, counted } = await issued()
    const slow = fakeGateway('first')
    const overtaken = {
      ...slow,
      send: async (...call: Parameters<typeof slow.send>) => {
        // Meanwhile the lease of this claim ends, and another worker delivers the send.
        await delivery.redis.hset(keys.code(phoneOf(send.rid), 'default'), 'lease_until', 0)
        await attempt(send, [fakeGateway('second')])
        return slow.send(...call)
      },
    }
    await attempt(send, [overtaken])
    expect(await counted()).toBe(1)
  })

  it('without a delay or a failure of the send if Redis refuses the count', async () => {
    const { send } = await issued()
    const { log: readable, lines } = readableLog()
    const windows = { segment: 900, address: 900, service: 900 }
    const closed = connectRedis(delivery.server.url, 'commands', log)
    closed.disconnect()
    const refused = createGuardCounts(closed, windows, readable)
    expect(await attempt(send, [fakeGateway('first')], { guardCounts: refused })).toEqual({
      outcome: 'sent',
      why: 'first',
    })
    await refused.flush()
    expect(lines.map(({ msg }) => msg)).toContain('counts of the pumping guard not written')
  })
})
