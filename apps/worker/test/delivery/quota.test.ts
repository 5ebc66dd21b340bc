import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodeStore } from '@sms-codes/core/codes/code-store'
import type { Send } from '@sms-codes/core/codes/send'
import type { Window } from '@sms-codes/core/limits/windows'
import { keys } from '@sms-codes/core/redis/keys'
import { policy } from '@sms-codes/core/test/store'
import { aliyunQuota } from '@sms-codes/gateways/aliyun/gateway'
import { ccpQuota } from '@sms-codes/gateways/ccp/gateway'
import { tencentQuota } from '@sms-codes/gateways/tencent/gateway'
import { RetryLater } from '../../src/delivery/settle-send.ts'
import { EMAIL_QUOTA } from '../../src/email/email-gateway.ts'
import type { SkippingGateway } from '../../src/gateways/skipping-gateway.ts'
import { fakeGateway, LEASE_MS, newMobile, sendOf, startDelivery } from '../worker.ts'

let delivery: Awaited<ReturnType<typeof startDelivery>>
let codes: ReturnType<typeof createCodeStore>
beforeAll(async () => {
  delivery = await startDelivery()
  // The limits of the phone would refuse most of these sends.
  const sends = [{ most: 1_000_000, seconds: 1 }]
  codes = createCodeStore(delivery.redis, delivery.keyring, () => ({ ...policy, sends }))
})
afterAll(() => delivery.stop())

const sendTo = async (mobile: string, scene = 'default') => sendOf(await codes.issue(mobile, scene))
const limited = (gateway: SkippingGateway): SkippingGateway => ({ ...gateway, quota: ccpQuota })

/** Makes an attempt: `sent`, `retry` or the reason for which the send ended. */
async function attempt(gateway: SkippingGateway, send: Send): Promise<string> {
  try {
    const { outcome, ...more } = await delivery.deliver(send, [gateway])
    return outcome !== 'sent' && 'why' in more ? more.why : outcome
  } catch (err) {
    if (err instanceof RetryLater) return 'retry'
    throw err
  }
}
const attemptTo = async (gateway: SkippingGateway, mobile: string) => attempt(gateway, await sendTo(mobile))

/** Claims a new send to a phone for a call of a gateway with this quota. */
async function take(gateway: string, mobile: string, messageId: string, windows: readonly Window[]) {
  const quota = { messageId, windows }
  const claim = await delivery.ledger.claim(await sendTo(mobile), gateway, {
    fence: 0,
    leaseMs: LEASE_MS,
    quota,
  })
  return claim.kind === 'go' ? claim.quota : claim.kind
}

describe("a vendor's quota of one number", () => {
  it('is not exceeded, and another number has its own quota', async () => {
    const inner = fakeGateway('ccp')
    const [mobile, other] = [newMobile(), newMobile()]
    expect(await attemptTo(limited(inner), mobile)).toBe('sent')
    expect(await attemptTo(limited(inner), mobile)).toBe('number_limit')
    expect(await attemptTo(limited(inner), other)).toBe('sent')
    expect(inner.messages).toHaveLength(2)
  })

  it('is a sliding window: five messages in any 24 hours', async () => {
    const gateway = limited(fakeGateway('ccp'))
    const mobile = newMobile()
    const ends = []
    for (let i = 0; i < 7; i++) {
      ends.push(await attemptTo(gateway, mobile))
      await delivery.pass(3_600)
    }
    expect(ends.filter((end) => end === 'sent')).toHaveLength(5)
    await delivery.pass(86_400 - 6 * 3_600)
    expect(await attemptTo(gateway, mobile)).toBe('sent')
  })

  it.each([
    ['ccp', 4, 16, 2, ccpQuota],
    ['ccp', 7, 3_600, 5, ccpQuota],
    ['aliyun', 4, 31, 2, aliyunQuota],
    ['aliyun', 7, 61, 5, aliyunQuota],
    ['aliyun', 12, 1_300, 10, aliyunQuota],
    ['tencent', 4, 16, 2, tencentQuota],
    ['tencent', 12, 31, 10, tencentQuota],
    ['email', 4, 3_600, 2, EMAIL_QUOTA],
    ['ccp in falling order', 4, 16, 2, ccpQuota.toReversed()],
    ['ccp in falling order', 7, 3_600, 5, ccpQuota.toReversed()],
    ['aliyun in falling order', 7, 61, 5, aliyunQuota.toReversed()],
  ])('of %s: of %i messages, one every %i seconds, %i fit', async (name, asked, seconds, fit, windows) => {
    const mobile = newMobile()
    const taken = []
    for (let i = 0; i < asked; i++) {
      taken.push(await take(name, mobile, `m${i}`, windows))
      await delivery.pass(seconds)
    }
    expect(taken.filter((one) => one === 'taken')).toHaveLength(fit)
    expect(taken.filter((one) => one === 'full')).toHaveLength(asked - fit)
  })

  it('does not count a refused message, but counts one that may have been taken', async () => {
    const inner = fakeGateway('ccp', ['switch_now', 'config', 'ambiguous'])
    const mobile = newMobile()
    for (let i = 0; i < 3; i++) expect(await attemptTo(limited(inner), mobile)).toBe('retry')
    expect(inner.messages).toHaveLength(3)
    expect(await attemptTo(limited(inner), mobile)).toBe('number_limit')
  })

  it('still counts a message whose repeat was refused, because the first try may have been taken', async () => {
    const inner = fakeGateway('ccp', ['ambiguous', 'switch_now'], true)
    const mobile = newMobile()
    const send = await sendTo(mobile)
    expect([await attempt(limited(inner), send), await attempt(limited(inner), send)]).toEqual([
      'retry',
      'retry',
    ])
    expect(inner.messages).toHaveLength(2)
    expect(await attemptTo(limited(inner), mobile)).toBe('number_limit')
  })

  it('does not count the repeat of an ambiguous message again', async () => {
    const inner = fakeGateway('ccp', ['ambiguous', 'duplicate'], true)
    const send = await sendTo(newMobile())
    expect([await attempt(limited(inner), send), await attempt(limited(inner), send)]).toEqual([
      'retry',
      'sent',
    ])
  })

  it('does not count a first try that the vendor refuses as the repeat of another message', async () => {
    const gateway = limited(fakeGateway('ccp', ['duplicate']))
    const mobile = newMobile()
    expect(await attemptTo(gateway, mobile)).toBe('retry')
    expect(await attemptTo(gateway, mobile)).toBe('sent')
  })

  it('is not exceeded by two hundred concurrent messages', async () => {
    const inner = fakeGateway('ccp')
    const mobile = newMobile()
    const sends = await Promise.all(Array.from({ length: 200 }, (_, i) => sendTo(mobile, `scene${i}`)))
    const ends = await Promise.all(sends.map((send) => attempt(limited(inner), send)))
    expect(inner.messages).toHaveLength(1)
    expect(ends.filter((end) => end === 'number_limit')).toHaveLength(199)
  })

  it('does not count the messages of other gateways, and keeps them', async () => {
    const mobile = newMobile()
    const once = (seconds: number) => [{ most: 1, seconds }]
    expect(await take('first', mobile, 'a', once(3_600))).toBe('taken')
    expect(await take('second', mobile, 'a', once(60))).toBe('taken')
    expect(await take('second', mobile, 'b', once(60))).toBe('full')
    await delivery.pass(61)
    expect(await take('second', mobile, 'b', once(60))).toBe('taken')
    expect(await take('first', mobile, 'd', once(3_600))).toBe('full')
    expect(await take('first', mobile, 'a', once(3_600))).toBe('again')
    await delivery.ledger.giveQuotaBack(await sendTo(mobile), 'first', 'a')
    expect(await take('first', mobile, 'd', once(3_600))).toBe('taken')
  })

  it('is not used by a claim that only learns of a doubt, nor by a claim that is not given', async () => {
    const quota = { messageId: 'm', windows: [{ most: 1, seconds: 60 }] }
    const options = { fence: 0, leaseMs: 30_000, quota }
    const send = await sendTo(newMobile())
    const { ledger, redis } = delivery
    await ledger.claim(send, 'ccp', { ...options, quota: undefined })
    expect(await ledger.claim(send, 'aliyun', options)).toMatchObject({ kind: 'busy' })
    await delivery.pass(31)
    expect(await ledger.claim(send, 'aliyun', options)).toMatchObject({
      doubt: { gateway: 'ccp' },
      quota: 'none',
    })
    expect(await redis.exists(keys.quota(send.rid.slice(0, 22)))).toBe(0)
  })

  it('is forgotten after a day', async () => {
    const mobile = newMobile()
    await take('ccp', mobile, 'old', ccpQuota)
    await delivery.pass(86_400)
    await take('ccp', mobile, 'new', ccpQuota)
    const key = keys.quota(delivery.keyring.pseudonym(mobile))
    expect(await delivery.redis.zrange(key, 0, '-1')).toEqual(['ccp|new'])
    expect(await delivery.redis.pttl(key)).toBeGreaterThan(86_000_000)
  })

  it('is erased with the phone', () => {
    expect(keys.ofPhone('ph', [])).toContain(keys.quota('ph'))
  })
})
