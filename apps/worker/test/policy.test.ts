import { outcomeClasses } from '@sms-codes/gateways/gateway'
import { describe, expect, it } from 'vitest'
import { planCalls, STEP } from '../src/policy.ts'
import { fakeGateway } from './worker.ts'

const [ccp, plain] = [fakeGateway('ccp', [], true), fakeGateway('plain')]
const plan = (doubt: string, risked: boolean) =>
  planCalls([plain, ccp], doubt, risked).map(
    ({ gateway, risk }) => `${gateway.name}${risk ? ' at risk' : ''}`,
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
    expect(plan('plain', false)).toEqual(['plain at risk', 'ccp at risk'])
    expect(plan('plain', true)).toEqual([])
  })
})
