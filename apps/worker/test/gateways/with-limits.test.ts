import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLimits } from '@sms-codes/core/limits/limits'
import { withRate } from '../../src/gateways/with-limits.ts'
import type { SkippingGateway } from '../../src/gateways/skipping-gateway.ts'
import { fakeGateway, log, messageTo, newMobile, readableLog, startDelivery } from '../worker.ts'

let delivery: Awaited<ReturnType<typeof startDelivery>>
beforeAll(async () => {
  delivery = await startDelivery()
})
afterAll(() => delivery.stop())

const send = async (gateway: SkippingGateway, message: ReturnType<typeof messageTo>) =>
  (await gateway.send(message, new AbortController().signal)).code

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
    await sendTen()
    expect(lines()).toEqual([
      'warn: gateway rate exhausted, messages wait',
      'info: gateway rate has room again',
      'warn: gateway rate exhausted, messages wait',
    ])
  })
})
