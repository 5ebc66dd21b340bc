import { outcomeClasses, type OutcomeClass } from '@sms-codes/gateways/gateway'
import { describe, expect, it } from 'vitest'
import { afterAnswer, beginAttempt, type Attempt } from '../../src/delivery/attempt.ts'
import type { Call } from '../../src/delivery/call-plan.ts'
import { decide, decideWithoutCalls } from '../../src/delivery/decide.ts'
import { fakeGateway } from '../worker.ts'

const [first, second] = [fakeGateway('first'), fakeGateway('second')]
const askable = { ...first, lookUp: () => Promise.resolve({ found: 'unknown' as const }) }
const call: Call = { gateway: first, ask: 'send', risksSecondSend: false }
const oneLeft: Attempt = { ...beginAttempt([second]), fence: 1 }
const noneLeft: Attempt = { ...beginAttempt([]), fence: 1 }

type Row = [OutcomeClass, string, Attempt, Call, object]
const next = { kind: 'next_call' }
const doubted = (more: object = {}) => ({ kind: 'retry', gateway: 'first', doubted: true, ...more })
const repeated: Attempt = { ...oneLeft, doubt: { gateway: 'first', sinceMs: 1 } }

const TABLE: Row[] = [
  ['accepted', 'at any time', oneLeft, call, { kind: 'sent', gateway: 'first' }],
  ['duplicate', 'at any time', oneLeft, call, { kind: 'sent', gateway: 'first' }],
  ['number', 'at any time', oneLeft, call, { kind: 'end', why: 'number', gateway: 'first' }],
  ['number_limit', 'at any time', oneLeft, call, { kind: 'end', why: 'number_limit', gateway: 'first' }],
  ['switch_now', 'at any time', oneLeft, call, next],
  ['template', 'at any time', oneLeft, call, next],
  ['config', 'at any time', oneLeft, call, next],
  ['retry_same', 'in the first 3 s', oneLeft, call, { kind: 'retry', gateway: 'first' }],
  ['retry_same', 'after 3 s', { ...oneLeft, ageMs: 3_000 }, call, next],
  ['ambiguous', 'the first time', oneLeft, call, doubted()],
  ['ambiguous', 'with no call left', noneLeft, call, doubted({ orMoveToEmail: 'ambiguous' })],
  [
    'ambiguous',
    'where it can be looked up',
    oneLeft,
    { ...call, gateway: askable },
    doubted({ atLeastMs: 2_500 }),
  ],
  ['ambiguous', 'to a repeat in the first 5 s', { ...repeated, ageMs: 4_999 }, call, doubted()],
  ['ambiguous', 'to a repeat after 5 s', { ...repeated, ageMs: 5_000 }, call, next],
  [
    'ambiguous',
    'to a risked call',
    { ...repeated, ageMs: 5_000 },
    { ...call, risksSecondSend: true },
    doubted(),
  ],
]

describe('the decision after an answer', () => {
  it.each(TABLE)('%s, %s', (outcome, _when, attempt, made, expected) => {
    const answer = { class: outcome, code: 'CODE' }
    expect(decide(answer, made, attempt)).toMatchObject(expected)
  })

  it('is known for every class of outcome', () => {
    expect(new Set(TABLE.map(([outcome]) => outcome))).toEqual(new Set(outcomeClasses))
  })

  it('asks the other gateways if a busy one wants more than 3 s', () => {
    const busy = (retryAfterMs: number) =>
      decide({ class: 'retry_same', code: 'B', retryAfterMs }, call, oneLeft)
    expect(busy(3_000)).toMatchObject({ kind: 'retry', atLeastMs: 3_000 })
    expect(busy(3_001)).toEqual(next)
  })
})

describe('the decision without any call left', () => {
  const after = (attempt: Attempt, code: string) => afterAnswer(attempt, call, { class: 'switch_now', code })

  it('ends a doubt that no call may resolve', () => {
    expect(decideWithoutCalls(noneLeft)).toEqual({ kind: 'end', why: 'ambiguous' })
  })

  it('ends with the limit of the number only if every vendor quota was full', () => {
    expect(decideWithoutCalls(after(noneLeft, 'QUOTA_FULL'))).toEqual({ kind: 'end', why: 'number_limit' })
    const mixed = after(after(noneLeft, 'QUOTA_FULL'), 'HTTP_500')
    expect(decideWithoutCalls(mixed)).toMatchObject({ kind: 'retry', orMoveToEmail: 'no_gateway' })
  })

  it('waits as long as the busy gateway asked for', () => {
    const busy = afterAnswer(noneLeft, call, { class: 'retry_same', code: 'BUSY', retryAfterMs: 7_000 })
    expect(decideWithoutCalls(after(busy, 'HTTP_500'))).toMatchObject({ kind: 'retry', atLeastMs: 7_000 })
  })
})

describe('the state after an answer', () => {
  it.each(['accepted', 'duplicate', 'ambiguous'] as const)(
    'remembers a risked second message after %s',
    (outcome) => {
      const risked = { ...call, risksSecondSend: true }
      expect(afterAnswer(oneLeft, risked, { class: outcome, code: 'C' }).secondSendRisked).toBe(true)
      expect(afterAnswer(oneLeft, risked, { class: 'switch_now', code: 'C' }).secondSendRisked).toBe(false)
      expect(afterAnswer(oneLeft, call, { class: outcome, code: 'C' }).secondSendRisked).toBe(false)
    },
  )
})
