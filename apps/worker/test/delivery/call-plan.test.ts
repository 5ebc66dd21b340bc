import { describe, expect, it } from 'vitest'
import { planCalls, planCallsInDoubt, type Call } from '../../src/delivery/call-plan.ts'
import type { SmsGateway } from '@sms-codes/gateways/gateway'
import { fakeGateway } from '../worker.ts'

const ccp = fakeGateway('ccp', [], true)
const plain = fakeGateway('plain')
const asked = { ...fakeGateway('asked'), lookUp: () => Promise.resolve({ found: 'unknown' as const }) }
const NOW = Date.parse('2026-11-26T16:30:00Z')

const show = (calls: readonly Call[]) =>
  calls.map(
    ({ gateway, ask, risksSecondSend }) =>
      `${ask === 'look_up' ? 'look-up at ' : ''}${gateway.name}${risksSecondSend ? ' at risk' : ''}`,
  )
const plan = (doubted: string, secondSendRisked: boolean, gateways: SmsGateway[] = [plain, ccp]) =>
  show(planCallsInDoubt(gateways, { gateway: doubted, sinceMs: NOW - 5_000 }, secondSendRisked, NOW))

describe('the plan of calls', () => {
  it('without a doubt calls every gateway in order', () => {
    expect(show(planCalls([plain, ccp]))).toEqual(['plain', 'ccp'])
  })

  it('calls the doubted gateway first if it recognises repeats', () => {
    expect(plan('ccp', false)).toEqual(['ccp', 'plain at risk'])
    expect(plan('ccp', true)).toEqual(['ccp'])
  })

  it('risks one second message if no gateway recognises a repeat, and no third', () => {
    expect(plan('plain', false)).toEqual(['ccp at risk', 'plain at risk'])
    expect(plan('plain', true)).toEqual([])
  })

  it('looks the message up, if the gateway allows that, before it risks a second message', () => {
    expect(plan('asked', false, [asked, plain])).toEqual([
      'look-up at asked',
      'plain at risk',
      'asked at risk',
    ])
    expect(plan('asked', true, [asked, plain])).toEqual(['look-up at asked'])
  })

  it('does not look the message up at a gateway that is switched off', () => {
    let off = true
    const switched = { ...asked, isOff: () => off }
    expect(plan('asked', false, [switched, plain])).toEqual(['plain at risk', 'asked at risk'])
    expect(plan('asked', true, [switched, plain])).toEqual([])
    off = false
    expect(plan('asked', true, [switched, plain])).toEqual(['look-up at asked'])
  })

  it('does not rely on a gateway that no longer recognises the message', () => {
    const forgetful = { ...ccp, recognises: (sinceMs: number, nowMs: number) => nowMs - sinceMs < 1_000 }
    expect(plan('ccp', false, [plain, forgetful])).toEqual(['plain at risk', 'ccp at risk'])
    expect(plan('ccp', true, [plain, forgetful])).toEqual([])
  })
})
