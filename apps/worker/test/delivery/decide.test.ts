import { outcomeClasses } from '@sms-codes/gateways/gateway'
import { describe, expect, it } from 'vitest'
import { afterAnswer, beginAttempt, type Attempt } from '../../src/delivery/attempt.ts'
import type { Call } from '../../src/delivery/call-plan.ts'
import { decide, decideWithoutCalls } from '../../src/delivery/decide.ts'
import type { Answer, SkipReason } from '../../src/gateways/skipping-gateway.ts'
import { fakeGateway } from '../worker.ts'

const [first, second] = [fakeGateway('first'), fakeGateway('second')]
const askable = { ...first, lookUp: () => Promise.resolve({ found: 'unknown' as const }) }
const call: Call = { gateway: first, ask: 'send', risksSecondSend: false }
const oneLeft: Attempt = { ...beginAttempt([second]), fence: 1 }
const noneLeft: Attempt = { ...beginAttempt([]), fence: 1 }

type Row = [Answer['class'], when: string, decision: string, Attempt, Call, object]
const next = { kind: 'next_call' }
const doubted = (more: object = {}) => ({ kind: 'retry', gateway: 'first', doubted: true, ...more })
const repeated: Attempt = { ...oneLeft, doubt: { gateway: 'first', sinceMs: 1 } }
const doubtElsewhere: Attempt = { ...oneLeft, doubt: { gateway: 'second', sinceMs: 1 } }
const repeatedFor5s: Attempt = { ...repeated, ageMs: 5_000 }
const riskedCall: Call = { ...call, risksSecondSend: true }
const callWithLookUp: Call = { ...call, gateway: askable }

const skip = (code: SkipReason): Answer => ({ class: 'skipped', code })

const ENDS = 'ends the send'
const NEXT = 'calls the next gateway'
const RETRY = 'returns to the queue'
const DOUBT = 'returns to the queue in doubt'

const TABLE: Row[] = [
  ['accepted', 'at any time', ENDS, oneLeft, call, { kind: 'sent', gateway: 'first' }],
  ['duplicate', 'in doubt about this gateway', ENDS, repeated, call, { kind: 'sent', gateway: 'first' }],
  ['duplicate', 'without a doubt', NEXT, oneLeft, call, next],
  ['duplicate', 'in doubt about another gateway', NEXT, doubtElsewhere, riskedCall, next],
  ['skipped', 'at any time', NEXT, oneLeft, call, next],
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
    const answer = outcome === 'skipped' ? skip('BREAKER_OPEN') : { class: outcome, code: 'CODE' }
    expect(decide(answer, made, attempt)).toMatchObject(expected)
  })

  it('is in the table for every class of outcome', () => {
    expect(new Set(TABLE.map(([outcome]) => outcome))).toEqual(new Set([...outcomeClasses, 'skipped']))
  })

  it('waits for the rate of a doubted gateway for 5 s, because another gateway would send a second message', () => {
    const wait = { kind: 'wait', waitMs: expect.any(Number) as unknown }
    expect(decide(skip('RATE_FULL'), call, repeated)).toEqual(wait)
    expect(decide(skip('RATE_FULL'), call, repeatedFor5s)).toEqual(next)
    expect(decide(skip('RATE_FULL'), riskedCall, repeated)).toEqual(next)
    expect(decide(skip('RATE_FULL'), call, oneLeft)).toEqual(next)
    expect(decide(skip('BREAKER_OPEN'), call, repeated)).toEqual(next)
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

  const MOVES = { kind: 'retry', orMove: 'no_gateway' }
  const LIMITED = { kind: 'end', why: 'number_limit' }
  const WAITS = { kind: 'wait', waitMs: expect.any(Number) as unknown }
  type Code = SkipReason | 'HTTP_500'
  it.each<[string, Code[], object]>([
    ['ends with the limit of the number', ['QUOTA_FULL'], LIMITED],
    ['ends with the limit of the number', ['QUOTA_FULL', 'QUOTA_FULL'], LIMITED],
    ['retries or moves to e-mail', ['QUOTA_FULL', 'HTTP_500'], MOVES],
    ['retries or moves to e-mail', ['QUOTA_FULL', 'BREAKER_OPEN'], MOVES],
    ['retries or moves to e-mail', ['BREAKER_OPEN'], MOVES],
    ['retries or moves to e-mail', ['BREAKER_OPEN', 'BREAKER_OPEN'], MOVES],
    ['retries or moves to e-mail', ['HTTP_500', 'BREAKER_OPEN'], MOVES],
    ['retries or moves to e-mail', ['SWITCHED_OFF', 'SWITCHED_OFF'], MOVES],
    ['retries or moves to e-mail', ['SWITCHED_OFF', 'QUOTA_FULL'], MOVES],
    ['waits', ['SWITCHED_OFF', 'RATE_FULL'], WAITS],
    ['waits', ['RATE_FULL'], WAITS],
    ['waits', ['RATE_FULL', 'RATE_FULL'], WAITS],
    ['waits', ['RATE_FULL', 'QUOTA_FULL'], WAITS],
    ['waits', ['QUOTA_FULL', 'RATE_FULL'], WAITS],
    ['waits', ['BREAKER_OPEN', 'RATE_FULL'], WAITS],
    ['waits', ['BREAKER_OPEN', 'RATE_FULL', 'QUOTA_FULL'], WAITS],
  ])('%s after %j', (_what, codes, expected) => {
    const ended = codes.reduce(
      (attempt, code) =>
        code === 'HTTP_500' ? after(attempt, code) : afterAnswer(attempt, call, skip(code)),
      noneLeft,
    )
    expect(decideWithoutCalls(ended)).toMatchObject(expected)
  })

  it.each<[Code, Code]>([
    ['RATE_FULL', 'HTTP_500'],
    ['HTTP_500', 'RATE_FULL'],
  ])('retries and does not move to e-mail after %s and %s', (...codes) => {
    const ended = codes.reduce(
      (attempt, code) =>
        code === 'HTTP_500' ? after(attempt, code) : afterAnswer(attempt, call, skip(code)),
      noneLeft,
    )
    const decision = decideWithoutCalls(ended)
    expect(decision).toMatchObject({ kind: 'retry' })
    expect(decision).not.toHaveProperty('orMove')
  })

  it('waits for a rate so that a job starts fewer than 100 times in the longest time to send', () => {
    for (let run = 0; run < 200; run++) {
      let starts = 0
      for (let ageMs = 0; ageMs < 570_000; starts++) {
        const decision = decideWithoutCalls(afterAnswer({ ...noneLeft, ageMs }, call, skip('RATE_FULL')))
        ageMs += decision.kind === 'wait' ? decision.waitMs : Infinity
      }
      expect(starts).toBeGreaterThan(1)
      expect(starts).toBeLessThan(100)
    }
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
