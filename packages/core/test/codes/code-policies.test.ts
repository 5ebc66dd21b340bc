import { describe, expect, it } from 'vitest'
import { budgetOf, guardWindowsOf, policiesOf } from '../../src/codes/code-policies.ts'
import { fallbackRules } from '../../src/config/fallback-rules.ts'
import { loadPolicy } from '../policy-file.ts'

describe('the policy of a scene', () => {
  it('has the values of the scene, and those of `codes` where the scene sets none', () => {
    const pay = {
      life: '2m',
      send_within: '60s',
      length: 8,
      sends: ['1/60s', '2/3m'],
      fallback: true,
      receipt_within: '9s',
    }
    const email = { from: 'codes@shop.example' }
    const policy = loadPolicy({ codes: { length: 4, life: '4m' }, scenes: { default: {}, pay }, email })
    const policies = policiesOf(policy)
    expect(Object.keys(policies)).toEqual(['default', 'pay'])
    expect(policies['default']).toMatchObject({ length: 4, ttlSeconds: 240, sendWithinSeconds: 120 })
    expect(policies['pay']).toMatchObject({
      length: 8,
      ttlSeconds: 120,
      sendWithinSeconds: 60,
      sends: [
        { most: 1, seconds: 60 },
        { most: 2, seconds: 180 },
      ],
      // The sends of every scene count, so they are kept for the longest window of all scenes.
      keepSendsSeconds: 86_400,
    })
    const rules = fallbackRules(policy)
    const sees = (scene: string) => [rules.mayFallBack(scene), rules.receiptWithinMs(scene)]
    expect([sees('pay'), sees('default'), sees('constructor')]).toEqual([
      [true, 9_000],
      [false, null],
      [false, null],
    ])
  })

  it('turns growing waits into windows that grow by each wait', () => {
    const scenes = { default: {}, login: { waits: ['60s', '2m', '10m'] } }
    expect(policiesOf(loadPolicy({ scenes }))['login']?.sends).toEqual([
      { most: 1, seconds: 60 },
      { most: 2, seconds: 180 },
      { most: 3, seconds: 780 },
    ])
  })

  it('limits the guesses with an id by the scene with the loosest limits', () => {
    const scenes = { default: {}, pay: { sends: ['3/480s'] } }
    const policies = policiesOf(loadPolicy({ scenes }))
    // Five guesses for each of the 540 messages of a day, twice.
    for (const policy of Object.values(policies)) expect(policy.missesWithIdPerDay).toBe(2 * 5 * 540)
  })
})

it('the budget in cents is a number of messages at their price', () => {
  const budget = { messages: ['100/1h'], cents: ['1000/1d'], message_cents: 3 }
  expect(budgetOf(loadPolicy({ budget }))).toEqual([
    { most: 100, seconds: 3_600 },
    { most: 333, seconds: 86_400 },
  ])
})

it('each group of the guard has its own window', () => {
  const guard = { segment: { window: '1m' }, address: { window: '2m' }, service: { window: '3m' } }
  expect(guardWindowsOf(loadPolicy({ guard }))).toEqual({ segment: 60, address: 120, service: 180 })
})
