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

type Row = [OutcomeClass, when: string, decision: string, Attempt, Call, object]
const next = { kind: 'next_call' }
const doubted = (more: object = {}) => ({ kind: 'retry', gateway: 'first', doubted: true, ...more })
const repeated: Attempt = { ...oneLeft, doubt: { gateway: 'first', sinceMs: 1 } }
const repeatedFor5s: Attempt = { ...repeated, ageMs: 5_000 }
const riskedCall: Call = { ...call, risksSecondSend: true }
const callWithLookUp: Call = { ...call, gateway: askable }

const ENDS = 'ends the send'
const NEXT = 'calls the next gateway'
const RETRY = 'returns to the queue'
const DOUBT = 'returns to the queue in doubt'

const TABLE: Row[] = [
  ['accepted', 'at any time', ENDS, oneLeft, call, { kind: 'sent', gateway: 'first' }],
  ['duplicate', 'at any time', ENDS, oneLeft, call, { kind: 'sent', gateway: 'first' }],
  ['number', 'at any time', ENDS, oneLeft, call, { kind: 'end', why: 'number', gateway: 'first' }],
  [
    'number_limit',
    'at any time',
    ENDS,
    oneLeft,
    call,
    { kind: 'end', why: 'number_limit', gateway: 'first' },
  ],
  ['switch_now', 'at any time', NEXT, oneLeft, call, next],
  ['template', 'at any time', NEXT, oneLeft, call, next],
  ['config', 'at any time', NEXT, oneLeft, call, next],
  ['retry_same', 'in the first 3 s', RETRY, oneLeft, call, { kind: 'retry', gateway: 'first' }],
  ['retry_same', 'after 3 s', NEXT, { ...oneLeft, ageMs: 3_000 }, call, next],
  ['ambiguous', 'the first time', DOUBT, oneLeft, call, doubted()],
  ['ambiguous', 'with no call left', DOUBT, noneLeft, call, doubted({ orMove: 'ambiguous' })],
  [
    'ambiguous',
    'from a gateway with a look-up',
    DOUBT,
    oneLeft,
    callWithLookUp,
    doubted({ atLeastMs: 2_500 }),
  ],
  ['ambiguous', 'to a repeat in the first 5 s', DOUBT, { ...repeated, ageMs: 4_999 }, call, doubted()],
  ['ambiguous', 'to a repeat after 5 s', NEXT, repeatedFor5s, call, next],
  ['ambiguous', 'to a call that risks a second message', DOUBT, repeatedFor5s, riskedCall, doubted()],
]

describe('the decision', () => {
  it.each(TABLE)('after %s %s %s', (outcome, _when, _decision, attempt, made, expected) => {
    const answer = { class: outcome, code: 'CODE' }
    expect(decide(answer, made, attempt)).toMatchObject(expected)
  })

  it('is in the table for every class of outcome', () => {
    expect(new Set(TABLE.map(([outcome]) => outcome))).toEqual(new Set(outcomeClasses))
  })

  it('goes on to the other gateways if a busy one asks for more than 3 s', () => {
    const busy = (retryAfterMs: number) =>
      decide({ class: 'retry_same', code: 'B', retryAfterMs }, call, oneLeft)
    expect(busy(3_000)).toMatchObject({ kind: 'retry', atLeastMs: 3_000 })
    expect(busy(3_001)).toEqual(next)
  })
})

describe('the decision without any call left', () => {
  const after = (attempt: Attempt, code: string) => afterAnswer(attempt, call, { class: 'switch_now', code })

  it('ends a send whose doubt no call can resolve', () => {
    expect(decideWithoutCalls(noneLeft)).toEqual({ kind: 'end', why: 'ambiguous' })
  })

  it('ends with the limit of the number only if every vendor quota was full', () => {
    expect(decideWithoutCalls(after(noneLeft, 'QUOTA_FULL'))).toEqual({ kind: 'end', why: 'number_limit' })
    const mixed = after(after(noneLeft, 'QUOTA_FULL'), 'HTTP_500')
    expect(decideWithoutCalls(mixed)).toMatchObject({ kind: 'retry', orMove: 'no_gateway' })
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
      expect(afterAnswer(oneLeft, riskedCall, { class: outcome, code: 'C' }).secondSendRisked).toBe(true)
      expect(afterAnswer(oneLeft, riskedCall, { class: 'switch_now', code: 'C' }).secondSendRisked).toBe(
        false,
      )
      expect(afterAnswer(oneLeft, call, { class: outcome, code: 'C' }).secondSendRisked).toBe(false)
    },
  )
})
