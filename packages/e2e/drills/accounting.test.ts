import { describe, expect, it } from 'vitest'
import { breachesOf, rowOf, type Promises, type Send } from './accounting.ts'

const OUTAGE = { from: 100_000, to: 160_000 }

/** A request in this second of the outage. Its message arrives 200 ms after the answer. */
function send(second: number, more: Partial<Send> = {}): Send {
  const answeredAt = OUTAGE.from + second * 1_000
  return {
    mobile: '13700000000',
    askedAt: answeredAt - 50,
    answer: 'accepted',
    detail: '',
    answeredAt,
    requestId: 'r',
    sendBy: answeredAt + 120_000,
    messages: [{ at: answeredAt + 200, channel: 'sms' }],
    status: '',
    verified: 'yes',
    ...more,
  }
}
const lost = (second: number, status = 'failed') =>
  send(second, { messages: [], status, verified: 'not_tried' })
const breaches = (sends: Send[], promises: Promises = {}) =>
  breachesOf(rowOf(sends, OUTAGE, promises), promises)
const at = (second: number, channel: 'sms' | 'mail' = 'sms') => ({
  at: OUTAGE.from + second * 1_000,
  channel,
})

describe('the row of a drill', () => {
  it('counts every request once, by its answer and by its end', () => {
    const none: Partial<Send> = { messages: [], verified: 'not_tried' }
    const sends = [
      send(-1),
      send(0, { messages: [at(2, 'mail'), at(9)] }),
      lost(1),
      lost(2, 'expired'),
      lost(3, 'sent'),
      send(4, { ...none, answer: 'limited' }),
      send(5, { ...none, answer: 'unavailable' }),
      send(6, { ...none, answer: 'unanswered' }),
    ]
    expect(rowOf(sends, OUTAGE, {})).toMatchObject({
      asked: 8,
      accepted: 5,
      limited: 1,
      unavailable: 1,
      unanswered: 1,
      unexpected: 0,
      bySms: 1,
      byMail: 1,
      failed: 2,
      silent: 1,
      twice: 1,
      moreThanTwice: 0,
      verifiedShare: 0.25,
    })
  })

  it('measures the wait from the answer to the first message, and the longest time without a message', () => {
    const sends = [send(0), send(1, { messages: [at(31)] }), send(2, { messages: [at(12), at(40)] }), lost(3)]
    const { p50Ms, p95Ms, longestGapMs } = rowOf(sends, OUTAGE, {})
    expect({ p50Ms, p95Ms, longestGapMs }).toEqual({ p50Ms: 10_000, p95Ms: 30_000, longestGapMs: 19_000 })
  })

  it('of a drill without users is empty and breaks the promise', () => {
    expect(rowOf([], OUTAGE, {})).toMatchObject({ asked: 0, longestGapMs: 0, verifiedShare: 0, p50Ms: 0 })
    expect(breaches([])).toEqual(['no send was accepted, so the drill shows nothing'])
  })
})

describe('the promise', () => {
  it('is kept by accepted sends that arrive once, and by refusals with 503 and lost answers', () => {
    const refused: Partial<Send> = { messages: [], verified: 'not_tried' }
    const sends = [
      send(0),
      send(1, { ...refused, answer: 'unavailable' }),
      send(2, { ...refused, answer: 'unanswered' }),
    ]
    expect(breaches(sends)).toEqual([])
  })

  it('is kept by a message that the gateway takes just after the time to send', () => {
    expect(breaches([send(0, { messages: [at(125)] })])).toEqual([])
  })

  it.each([
    ['a lost send, reported', [lost(1)], '1 accepted sends were lost, and 0 may be'],
    ['a lost send, silent', [lost(1, 'queued')], '1 accepted sends were lost, and 0 may be'],
    ['a second message', [send(0, { messages: [at(1), at(2)] })], '1 sends had more than one message'],
    [
      'a message and a mail',
      [send(0, { messages: [at(1), at(2, 'mail')] })],
      '1 sends had more than one message',
    ],
    [
      'a message after the time to send',
      [send(0, { messages: [at(125.1)] })],
      '1 messages arrived after the time to send',
    ],
    ['a refused right code', [send(0, { verified: 'false_no' })], '1 right codes were refused with 4008'],
    [
      'a right code refused after a 503',
      [send(0, { verified: 'unclear' })],
      '1 right codes were refused with 4008 after a 503',
    ],
    [
      'a limit',
      [send(0), send(1, { answer: 'limited', messages: [] })],
      '1 requests were limited, and no user had reached a limit',
    ],
    [
      'an unexpected answer',
      [send(0), send(1, { answer: 'unexpected', messages: [] })],
      '1 users got an unexpected answer',
    ],
    [
      'an unexpected answer to a verify',
      [send(0), send(1, { verified: 'unexpected' })],
      '1 users got an unexpected answer',
    ],
  ])('is broken by %s', (_what, sends, breach) => {
    expect(breaches(sends)).toEqual([breach])
  })

  it('of a long outage permits the loss of its first seconds only', () => {
    const promises = { mayLose: { from: -5, to: 17 } }
    expect(breaches([send(-8), lost(-5), lost(0), lost(17)], promises)).toEqual([])
    expect(breaches([lost(-5.1), lost(17.1), lost(40)], promises)).toEqual([
      '3 accepted sends were lost, and 0 may be in addition to those accepted from -5 to 17 s of the outage',
    ])
    expect(breaches([lost(-6), lost(18), lost(40)], { mayLose: { ...promises.mayLose, others: 3 } })).toEqual(
      [],
    )
    expect(
      breaches([lost(-6), lost(18), lost(40)], { mayLose: { ...promises.mayLose, others: 2 } }),
    ).toHaveLength(1)
  })

  it('of a drill that leaves a doubt permits one message more, and no two', () => {
    const promises = { mayRepeat: true }
    expect(breaches([send(0, { messages: [at(1), at(2)] })], promises)).toEqual([])
    expect(breaches([send(0, { messages: [at(1), at(2), at(3)] })], promises)).toEqual([
      '1 sends had more than two messages',
    ])
  })

  it('of a drill that cuts off answers permits a repeated verify to find its code used, and no first one', () => {
    const promises = { mayCutAnswers: true }
    expect(breaches([send(0, { verified: 'unclear' })], promises)).toEqual([])
    expect(breaches([send(0, { verified: 'false_no' })], promises)).toHaveLength(1)
  })

  it('of a median wait looks at the users who asked during the outage', () => {
    const promises = { medianSeconds: 10 }
    const others = [send(-3), send(-2), send(-1), send(61), send(62)]
    const of = (...during: Send[]) => breaches([...others, ...during], promises)
    const breach = 'half of the users waited longer than 10 s, or got no message'
    const refused = send(2, { answer: 'unavailable', messages: [], verified: 'not_tried' })
    expect(of(send(1, { messages: [at(11)] }))).toEqual([])
    expect(of(send(1, { messages: [at(11.1)] }))).toEqual([breach])
    expect(of(send(1), refused, refused)).toEqual([breach])
    expect(of(send(1), send(1), refused)).toEqual([])
  })
})
