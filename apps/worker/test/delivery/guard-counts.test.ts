import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGuardCounts, GROUPS, memberOf } from '@sms-codes/core/limits/guard-counts'
import { keys } from '@sms-codes/core/redis/keys'
import type { LookUp, OutcomeClass } from '@sms-codes/gateways/gateway'
import { fakeGateway, newMobile, readableLog, sendOf, skippedGateway, startDelivery } from '../worker.ts'

let delivery: Awaited<ReturnType<typeof startDelivery>>
beforeAll(async () => {
  delivery = await startDelivery()
})
afterAll(() => delivery.stop())

const guardCounts = () => createGuardCounts(delivery.redis, { segment: 900, address: 900, service: 900 })

let next = 0
async function issued({ isCounted = true } = {}) {
  const mobile = newMobile()
  const askedBy = `address-${++next}`
  const send = sendOf(await delivery.codes.issue(mobile, 'default', { askedBy, isCounted }))
  const counted = () => delivery.redis.zcard(keys.guard('sent', 'address', askedBy))
  const again = async () => {
    await delivery.pass(61)
    return sendOf(await delivery.codes.issue(mobile, 'default', { askedBy: 'another', isCounted }))
  }
  return { mobile, askedBy, send, counted, again }
}
type Gateways = Parameters<typeof delivery.deliver>[1]
/** One attempt at a send. Answers how it ended, or the error after which the queue tries again. */
const attempt = async (send: Parameters<typeof delivery.deliver>[0], gateways: Gateways, more: object = {}) =>
  delivery.deliver(send, gateways, { guardCounts: guardCounts(), ...more }).catch((err: unknown) => err)

describe('the worker counts a send for the pumping guard', () => {
  it('in each group, when a gateway has accepted it, and once if its job runs again', async () => {
    const { mobile, askedBy, send, counted } = await issued()
    for (let run = 0; run < 3; run++) await attempt(send, [fakeGateway('first')])
    expect(await counted()).toBe(1)
    const ids = (group: (typeof GROUPS)[number]) =>
      delivery.redis.zrange(keys.guard('sent', group, memberOf(group, { mobile, address: askedBy })), 0, '-1')
    for (const group of GROUPS)
      expect(await ids(group)).toContain(`${send.rid.slice(send.rid.indexOf('.') + 1)}.1`)
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
    expect(await attempt(send, [fakeGateway('first')])).toEqual({ outcome: 'gone', why: 'late' })
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

  it('without a delay or a failure of the send if Redis refuses the count', async () => {
    const { askedBy, send } = await issued()
    await delivery.redis.set(keys.guard('sent', 'address', askedBy), 'not a sorted set')
    const { log, lines } = readableLog()
    const never = { countSent: () => new Promise<void>(() => {}) }
    expect(await attempt(send, [fakeGateway('first')], { log })).toEqual({ outcome: 'sent', why: 'first' })
    expect(lines.map(({ msg }) => msg)).toContain('send not counted by the pumping guard')
    const other = await issued()
    const more = { guardCounts: never }
    expect(await attempt(other.send, [fakeGateway('first')], more)).toEqual({ outcome: 'sent', why: 'first' })
  })
})
