import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLimits } from '@sms-codes/core/limits/limits'
import { keys } from '@sms-codes/core/redis/keys'
import { ccpQuota } from '@sms-codes/gateways/ccp/settings'
import { aliyunQuota } from '@sms-codes/gateways/aliyun/settings'
import { tencentQuota } from '@sms-codes/gateways/tencent/settings'
import { EMAIL_QUOTA } from '../../src/email/email-gateway.ts'
import { createQuotas } from '../../src/gateways/quotas.ts'
import { withQuota, withRate } from '../../src/gateways/with-limits.ts'
import type { SkippingGateway } from '../../src/gateways/skipping-gateway.ts'
import { fakeGateway, log, newMobile, readableLog, startDelivery } from '../worker.ts'

let delivery: Awaited<ReturnType<typeof startDelivery>>
beforeAll(async () => {
  delivery = await startDelivery()
})
afterAll(() => delivery.stop())

let ids = 0
const messageTo = (mobile: string, id = `m${++ids}`) => ({
  id,
  mobile,
  code: '739146',
  minutes: 5,
  secondsLeft: 300,
  scene: 'login',
})
const send = async (gateway: SkippingGateway, message: ReturnType<typeof messageTo>) =>
  (await gateway.send(message, new AbortController().signal)).code

const quotas = () => createQuotas(delivery.redis)
const limited = (gateway: SkippingGateway) =>
  withQuota(gateway, ccpQuota, { quotas: quotas(), keyring: delivery.keyring })

describe("a vendor's quota of one number", () => {
  it('is not exceeded, and another number has its own quota', async () => {
    const inner = fakeGateway('ccp')
    const gateway = limited(inner)
    const [mobile, other] = [newMobile(), newMobile()]
    expect(await send(gateway, messageTo(mobile))).toBe('ccp-accepted')
    expect(await send(gateway, messageTo(mobile))).toBe('QUOTA_FULL')
    expect(await send(gateway, messageTo(other))).toBe('ccp-accepted')
    expect(inner.messages).toHaveLength(2)
  })

  it('is a sliding window: five messages in any 24 hours', async () => {
    const inner = fakeGateway('ccp')
    const gateway = limited(inner)
    const mobile = newMobile()
    const codes = []
    for (let i = 0; i < 7; i++) {
      codes.push(await send(gateway, messageTo(mobile)))
      await delivery.pass(3_600)
    }
    expect(codes.filter((code) => code === 'ccp-accepted')).toHaveLength(5)
    await delivery.pass(86_400 - 6 * 3_600)
    expect(await send(gateway, messageTo(mobile))).toBe('ccp-accepted')
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
    const ph = delivery.keyring.pseudonym(newMobile())
    const taken = []
    for (let i = 0; i < asked; i++) {
      taken.push(await quotas().take(name, ph, `m${++ids}`, windows))
      await delivery.pass(seconds)
    }
    expect(taken.filter((one) => one !== 'full')).toHaveLength(fit)
  })

  it('does not count a refused message, but counts one that may have been taken', async () => {
    const inner = fakeGateway('ccp', ['switch_now', 'config', 'ambiguous'])
    const gateway = limited(inner)
    const mobile = newMobile()
    await send(gateway, messageTo(mobile))
    await send(gateway, messageTo(mobile))
    expect(await send(gateway, messageTo(mobile))).toBe('ccp-ambiguous')
    expect(await send(gateway, messageTo(mobile))).toBe('QUOTA_FULL')
  })

  it('still counts a message whose repeat was refused, because the first try may have been taken', async () => {
    const inner = fakeGateway('ccp', ['ambiguous', 'switch_now'])
    const gateway = limited(inner)
    const mobile = newMobile()
    const message = messageTo(mobile)
    expect([await send(gateway, message), await send(gateway, message)]).toEqual([
      'ccp-ambiguous',
      'ccp-switch_now',
    ])
    expect(await send(gateway, messageTo(mobile))).toBe('QUOTA_FULL')
  })

  it('does not count the repeat of an ambiguous message again', async () => {
    const gateway = limited(fakeGateway('ccp', ['ambiguous', 'duplicate']))
    const message = messageTo(newMobile())
    expect([await send(gateway, message), await send(gateway, message)]).toEqual([
      'ccp-ambiguous',
      'ccp-duplicate',
    ])
  })

  it('does not count a first try that the vendor refuses as the repeat of another message', async () => {
    const gateway = limited(fakeGateway('ccp', ['duplicate']))
    const mobile = newMobile()
    expect(await send(gateway, messageTo(mobile))).toBe('ccp-duplicate')
    expect(await send(gateway, messageTo(mobile))).toBe('ccp-accepted')
  })

  it('is not exceeded by two hundred concurrent messages', async () => {
    const inner = fakeGateway('ccp')
    const gateway = limited(inner)
    const mobile = newMobile()
    await Promise.all(Array.from({ length: 200 }, () => send(gateway, messageTo(mobile))))
    expect(inner.messages).toHaveLength(1)
  })

  it('does not count the messages of other gateways, and keeps them', async () => {
    const ph = delivery.keyring.pseudonym(newMobile())
    const once = (seconds: number) => [{ most: 1, seconds }]
    const take = (gateway: string, id: string, seconds: number) =>
      quotas().take(gateway, ph, id, once(seconds))
    expect(await take('first', 'a', 3_600)).toBe('taken')
    expect(await take('second', 'a', 60)).toBe('taken')
    expect(await take('second', 'b', 60)).toBe('full')
    await delivery.pass(61)
    expect(await take('second', 'b', 60)).toBe('taken')
    expect(await take('first', 'd', 3_600)).toBe('full')
    expect(await take('first', 'a', 3_600)).toBe('again')
    await quotas().giveBack('first', ph, 'a')
    expect(await take('first', 'd', 3_600)).toBe('taken')
  })

  it('is erased with the phone', () => {
    expect(keys.ofPhone('ph', [])).toContain(keys.quota('ph'))
  })
})

describe("a gateway's rate limit", () => {
  it('holds over all workers, and other messages go to the next gateway', async () => {
    const inner = fakeGateway('slow')
    const workers = [1, 2, 3].map(() => withRate(inner, 5, { limits: createLimits(delivery.redis), log }))
    const codes = await Promise.all(
      Array.from({ length: 60 }, (_, i) => send(workers[i % 3] ?? inner, messageTo(newMobile()))),
    )
    const fitted = codes.filter((code) => code !== 'RATE_FULL').length
    expect(fitted).toBe(inner.messages.length)
    // All sixty in one second, or, on a slow machine, over the turn of two.
    expect(fitted).toBeGreaterThanOrEqual(5)
    expect(fitted).toBeLessThan(60)
    await delivery.pass(2)
    expect(
      await send(withRate(inner, 5, { limits: createLimits(delivery.redis), log }), messageTo(newMobile())),
    ).toBe('slow-accepted')
  })

  it('logs one line when the rate is exhausted, and one when the rate had room for ten seconds', async () => {
    const readable = readableLog()
    const lines = () => readable.lines.map(({ level, msg }) => `${level}: ${msg}`)
    let now = 0
    const gateway = withRate(fakeGateway('logged'), 1, {
      limits: createLimits(delivery.redis),
      log: readable.log,
      now: () => now,
    })
    /** Sends ten messages. Only the rate of the first second has room for some of them. */
    const sendTen = async () => {
      for (let i = 0; i < 10; i++) await send(gateway, messageTo(newMobile()))
      await delivery.pass(2)
    }
    await sendTen()
    now = 9_999
    await sendTen()
    expect(lines()).toEqual(['warn: gateway rate exhausted, messages wait'])
    now += 10_000
    await send(gateway, messageTo(newMobile()))
    await send(gateway, messageTo(newMobile()))
    expect(lines()).toEqual([
      'warn: gateway rate exhausted, messages wait',
      'info: gateway rate has room again',
      'warn: gateway rate exhausted, messages wait',
    ])
  })
})
