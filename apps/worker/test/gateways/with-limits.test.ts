import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLimits } from '@sms-codes/core/limits/limits'
import { createQuotas, QUOTA_WINDOWS } from '../../src/gateways/quotas.ts'
import { withQuota, withRate } from '../../src/gateways/with-limits.ts'
import type { ListedGateway } from '../../src/gateways/list-gateways.ts'
import { fakeGateway, newMobile, startDelivery } from '../worker.ts'

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
const send = async (gateway: ListedGateway, message: ReturnType<typeof messageTo>) =>
  (await gateway.send(message, new AbortController().signal)).code

const quotas = () => createQuotas(delivery.redis)
const mirrored = (gateway: ListedGateway) =>
  withQuota(gateway, 'ccp', { quotas: quotas(), keyring: delivery.keyring })

describe("a vendor's allowance for one number", () => {
  it('is not asked for more than it gives, and another number has its own', async () => {
    const inner = fakeGateway('ccp')
    const gateway = mirrored(inner)
    const [mobile, other] = [newMobile(), newMobile()]
    expect(await send(gateway, messageTo(mobile))).toBe('ccp-accepted')
    expect(await send(gateway, messageTo(mobile))).toBe('QUOTA_FULL')
    expect(await send(gateway, messageTo(other))).toBe('ccp-accepted')
    expect(inner.messages).toHaveLength(2)
  })

  it('slides: five a day of CCP, whenever they were', async () => {
    const inner = fakeGateway('ccp')
    const gateway = mirrored(inner)
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
    ['ccp', 4, 16, 2],
    ['ccp', 7, 3_600, 5],
    ['aliyun', 4, 31, 2],
    ['aliyun', 7, 61, 5],
    ['aliyun', 12, 1_300, 10],
    ['tencent', 4, 16, 2],
    ['tencent', 12, 31, 10],
    ['email', 4, 3_600, 2],
  ] as const)('of %s: %i messages, one every %i seconds, are %i', async (of, asked, seconds, fit) => {
    const ph = delivery.keyring.pseudonym(newMobile())
    const taken = []
    for (let i = 0; i < asked; i++) {
      taken.push(await quotas().take(of, ph, `m${++ids}`))
      await delivery.pass(seconds)
    }
    expect(taken.filter((one) => one !== 'full')).toHaveLength(fit)
  })

  it('is not used up by a message that was refused, and is by one that may have been taken', async () => {
    const inner = fakeGateway('ccp', ['switch_now', 'config', 'ambiguous'])
    const gateway = mirrored(inner)
    const mobile = newMobile()
    await send(gateway, messageTo(mobile))
    await send(gateway, messageTo(mobile))
    expect(await send(gateway, messageTo(mobile))).toBe('ccp-ambiguous')
    expect(await send(gateway, messageTo(mobile))).toBe('QUOTA_FULL')
  })

  it('is not given back for a repeat that was refused: the first try may have left', async () => {
    const inner = fakeGateway('ccp', ['ambiguous', 'switch_now'])
    const gateway = mirrored(inner)
    const mobile = newMobile()
    const message = messageTo(mobile)
    expect([await send(gateway, message), await send(gateway, message)]).toEqual([
      'ccp-ambiguous',
      'ccp-switch_now',
    ])
    expect(await send(gateway, messageTo(mobile))).toBe('QUOTA_FULL')
  })

  it('has room for the repeat of a message after a doubt', async () => {
    const gateway = mirrored(fakeGateway('ccp', ['ambiguous', 'duplicate']))
    const message = messageTo(newMobile())
    expect([await send(gateway, message), await send(gateway, message)]).toEqual([
      'ccp-ambiguous',
      'ccp-duplicate',
    ])
  })

  it('holds for two hundred at once', async () => {
    const inner = fakeGateway('ccp')
    const gateway = mirrored(inner)
    const mobile = newMobile()
    await Promise.all(Array.from({ length: 200 }, () => send(gateway, messageTo(mobile))))
    expect(inner.messages).toHaveLength(1)
  })

  it('is erased with the phone', async () => {
    const { keys } = await import('@sms-codes/core/redis/keys')
    for (const of of ['ccp', 'aliyun', 'tencent', 'email'] as const) {
      expect(keys.ofPhone('ph', [])).toContain(keys.quota('ph', of))
      expect(QUOTA_WINDOWS[of].length).toBeGreaterThan(0)
    }
  })
})

describe("a gateway's rate", () => {
  it('holds over all who send, and what does not fit goes to the next gateway', async () => {
    const inner = fakeGateway('slow')
    const workers = [1, 2, 3].map(() => withRate(inner, 5, createLimits(delivery.redis)))
    const codes = await Promise.all(
      Array.from({ length: 60 }, (_, i) => send(workers[i % 3] ?? inner, messageTo(newMobile()))),
    )
    const fitted = codes.filter((code) => code !== 'RATE_FULL').length
    expect(fitted).toBe(inner.messages.length)
    // All sixty in one second, or, on a slow machine, over the turn of two.
    expect(fitted).toBeGreaterThanOrEqual(5)
    expect(fitted).toBeLessThan(60)
    await delivery.pass(2)
    expect(await send(withRate(inner, 5, createLimits(delivery.redis)), messageTo(newMobile()))).toBe(
      'slow-accepted',
    )
  })
})
