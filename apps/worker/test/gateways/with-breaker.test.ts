import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { Outcome, OutcomeClass } from '@sms-codes/gateways/gateway'
import { withBreaker } from '../../src/gateways/with-breaker.ts'
import { fakeGateway, log, messageTo, readableLog } from '../worker.ts'

const PROBE_AFTER_MS = 400
const message = messageTo('+8613900139000')
const signal = new AbortController().signal

function breaking(script: OutcomeClass[]) {
  const inner = fakeGateway('ccp', script)
  const states: boolean[] = []
  const timed: string[] = []
  const metrics = {
    breaker: (_name: string, open: boolean) => void states.push(open),
    callTook: (name: string, seconds: number) => void timed.push(seconds >= 0 ? name : 'negative'),
  }
  const { log: readable, lines } = readableLog()
  const gateway = withBreaker(inner, { metrics, log: readable, probeAfterMs: PROBE_AFTER_MS })
  const send = () => gateway.send(message, signal)
  return {
    inner,
    states,
    timed,
    lines,
    send,
    times: async (n: number) => {
      for (let i = 0; i < n; i++) await send()
    },
  }
}
const refused = { class: 'skipped', code: 'BREAKER_OPEN' }

describe('a circuit breaker', () => {
  it('passes every outcome on while it is closed', async () => {
    const { send } = breaking(['ambiguous', 'number', 'template', 'retry_same'])
    const classes = []
    for (let i = 0; i < 5; i++) classes.push((await send()).class)
    expect(classes).toEqual(['ambiguous', 'number', 'template', 'retry_same', 'accepted'])
  })

  it.each(['switch_now', 'ambiguous'] as const)('opens after five outcomes %s', async (cls) => {
    const { inner, send, states, timed, times } = breaking(Array<OutcomeClass>(5).fill(cls))
    await times(5)
    expect(await send()).toEqual(refused)
    expect(inner.messages).toHaveLength(5)
    // The skipped call is not timed.
    expect(timed).toEqual(Array<string>(5).fill('ccp'))
    expect(states).toEqual([false, true])
  })

  it('stays closed while only half of the calls fail', async () => {
    const { inner, states, times } = breaking(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 'accepted' : 'switch_now')),
    )
    await times(20)
    expect(inner.messages).toHaveLength(20)
    expect(states).toEqual([false])
  })

  it('opens at once if our own account is at fault', async () => {
    const { inner, send } = breaking(['config'])
    expect(await send()).toMatchObject({ class: 'config' })
    expect(await send()).toEqual(refused)
    expect(inner.messages).toHaveLength(1)
  })

  it.each(['number', 'number_limit', 'template', 'retry_same'] as const)(
    'does not open because of %s',
    async (cls) => {
      const { inner, times } = breaking(Array<OutcomeClass>(20).fill(cls))
      await times(20)
      expect(inner.messages).toHaveLength(20)
    },
  )

  it('lets one call through at a time to probe the gateway', async () => {
    const { inner, send, states } = breaking(['config'])
    await send()
    await sleep(PROBE_AFTER_MS + 100)
    const answers = await Promise.all(Array.from({ length: 10 }, () => send()))
    expect(inner.messages).toHaveLength(2)
    expect(answers.filter((answer) => answer.class === 'accepted')).toHaveLength(1)
    expect(await send()).toMatchObject({ class: 'accepted' })
    expect(states).toEqual([false, true, false])
  })

  it('stays open if the probe fails, and logs each outage once', async () => {
    const { inner, send, lines } = breaking(['config', 'switch_now'])
    await send()
    await sleep(PROBE_AFTER_MS + 100)
    expect(await send()).toMatchObject({ class: 'switch_now' })
    expect(await send()).toEqual(refused)
    expect(inner.messages).toHaveLength(2)
    await sleep(PROBE_AFTER_MS + 100)
    expect(await send()).toMatchObject({ class: 'accepted' })
    inner.script.push('config')
    await send()
    const [opened, closed] = [
      'gateway unhealthy, circuit breaker opened',
      'gateway healthy again, circuit breaker closed',
    ]
    expect(lines.map(({ msg }) => msg)).toEqual([opened, closed, opened])
  })

  it.each([
    { class: 'ambiguous', code: 'ABORTED' },
    { class: 'config', code: 'KEY_MISSING' },
  ] as const)('does not count $code, which says nothing about the gateway', async (outcome) => {
    const inner = fakeGateway('ccp', Array<Outcome>(20).fill(outcome))
    const gateway = withBreaker(inner, { metrics: { breaker: () => {}, callTook: () => {} }, log })
    for (let i = 0; i < 20; i++) await gateway.send(message, signal)
    expect(inner.messages).toHaveLength(20)
  })
})
