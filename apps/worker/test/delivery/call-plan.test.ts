import { outcomeClasses } from '@sms-codes/gateways/gateway'
import { describe, expect, it } from 'vitest'
import { planCalls, STEP } from '../../src/delivery/call-plan.ts'
import type { ListedGateway } from '../../src/gateways/listed-gateway.ts'
import { fakeGateway } from '../worker.ts'

const ccp = fakeGateway('ccp', [], true)
const plain = fakeGateway('plain')
const asked = { ...fakeGateway('asked'), lookUp: () => Promise.resolve({ found: 'unknown' as const }) }
const NOW = Date.parse('2026-11-26T16:30:00Z')

const plan = (doubt: string, risked: boolean, gateways: ListedGateway[] = [plain, ccp]) =>
  planCalls(gateways, doubt === '' ? null : { name: doubt, sinceMs: NOW - 5_000 }, risked, NOW).map(
    ({ gateway, ask, risk }) =>
      `${ask === 'look_up' ? 'look-up at ' : ''}${gateway.name}${risk ? ' at risk' : ''}`,
  )

describe('the policy', () => {
  it('knows what follows from every outcome', () => {
    expect(Object.keys(STEP).toSorted()).toEqual([...outcomeClasses].toSorted())
  })

  it('never fails over for the number itself', () => {
    expect([STEP.number, STEP.number_limit]).toEqual(['stop', 'stop'])
  })

  it('without a doubt asks every gateway in order', () => {
    expect(plan('', false)).toEqual(['plain', 'ccp'])
  })

  it('asks a gateway that recognises messages first about its own doubt', () => {
    expect(plan('ccp', false)).toEqual(['ccp', 'plain at risk'])
    expect(plan('ccp', true)).toEqual(['ccp'])
  })

  it('risks one second message where none recognises it, and no third', () => {
    expect(plan('plain', false)).toEqual(['ccp at risk', 'plain at risk'])
    expect(plan('plain', true)).toEqual([])
  })

  it('looks a message up where it can be asked for, before it risks a second one', () => {
    expect(plan('asked', false, [asked, plain])).toEqual([
      'look-up at asked',
      'plain at risk',
      'asked at risk',
    ])
    expect(plan('asked', true, [asked, plain])).toEqual(['look-up at asked'])
  })

  it('does not rely on a gateway that has forgotten the message since', () => {
    const forgetful = { ...ccp, recognises: (sinceMs: number, nowMs: number) => nowMs - sinceMs < 1_000 }
    expect(plan('ccp', false, [plain, forgetful])).toEqual(['plain at risk', 'ccp at risk'])
    expect(plan('ccp', true, [plain, forgetful])).toEqual([])
  })
})
