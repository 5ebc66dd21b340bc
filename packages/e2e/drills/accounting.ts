// Turns what users and vendors saw into the row of a drill, and names the promises that the row breaks. Pure
// functions: every figure comes from the recorded sends.
import { quantile, spreadOf } from '@sms-codes/bench/statistics'

export type Channel = 'sms' | 'mail'
/** `limited`: a limit or the guard refused. `unavailable`: a 503. `unexpected`: any other answer. */
export type Answer = 'accepted' | 'limited' | 'unavailable' | 'unanswered' | 'unexpected'
/**
 * `false_no`: the right code was refused. `unclear`: the same, after an attempt without a clear answer. `unexpected`: an
 * answer that is neither of these nor a request to try again.
 */
export type Verified = 'yes' | 'false_no' | 'unclear' | 'unexpected' | 'unanswered' | 'not_tried'

/** One user's request for a code. Times are ms since 1970. */
export type Send = {
  mobile: string
  askedAt: number
  answer: Answer
  /** The answer in full if it is unexpected. */
  detail: string
  answeredAt: number
  requestId: string
  /** No message may leave after this time. */
  sendBy: number
  messages: { at: number; channel: Channel }[]
  /** What the status route says in the end, if no message arrived. */
  status: string
  verified: Verified
}

/** When a drill broke something and when it had mended it. */
export type Outage = { from: number; to: number }

export type Promises = {
  /** The sends accepted in these seconds of the outage may be lost, and so may `others` more. */
  mayLose?: { from: number; to: number; others?: number }
  /** The drill cuts off answers, so a verify that is repeated may find its code used. */
  mayCutAnswers?: boolean
  /** A send may have one message more, because the drill makes the outcome of a call unknown. */
  mayRepeat?: boolean
  /** The longest permitted median wait for the messages that users requested during the outage. */
  medianSeconds?: number
}

export type Row = ReturnType<typeof rowOf>

/** How long a call to a gateway may take that began in time. */
const CALL_MS = 5_000

const isAccepted = ({ answer }: Send) => answer === 'accepted'
const isLost = (send: Send) => isAccepted(send) && send.messages.length === 0
const firstAt = ({ messages }: Send) => Math.min(...messages.map(({ at }) => at))
const hasArrived = (send: Send) => isAccepted(send) && send.messages.length > 0
const waitOf = (send: Send) => (hasArrived(send) ? Math.max(0, firstAt(send) - send.answeredAt) : Infinity)
const ascending = (values: readonly number[]) => values.toSorted((a, b) => a - b)

export function rowOf(sends: readonly Send[], outage: Outage, promises: Promises) {
  const count = (matches: (send: Send) => boolean) => sends.filter(matches).length
  const answered = (answer: Answer) => count((send) => send.answer === answer)
  const firstBy = (channel: Channel) =>
    count(
      (send) => hasArrived(send) && send.messages.find(({ at }) => at === firstAt(send))?.channel === channel,
    )
  const reported = (send: Send) => ['failed', 'expired'].includes(send.status)
  const { from, to } = promises.mayLose ?? { from: 0, to: 0 }
  const mayBeLost = ({ answeredAt }: Send) =>
    answeredAt >= outage.from + from * 1_000 && answeredAt <= outage.from + to * 1_000
  const waits = ascending(sends.filter(hasArrived).map(waitOf))
  const during = sends.filter(({ askedAt }) => askedAt >= outage.from && askedAt <= outage.to)
  return {
    asked: sends.length,
    accepted: answered('accepted'),
    limited: answered('limited'),
    unavailable: answered('unavailable'),
    unanswered: answered('unanswered'),
    unexpected: count(({ answer, verified }) => answer === 'unexpected' || verified === 'unexpected'),
    bySms: firstBy('sms'),
    byMail: firstBy('mail'),
    /** Lost, and the status route says so. */
    failed: count((send) => isLost(send) && reported(send)),
    /** Lost, and the status route says something else. */
    silent: count((send) => isLost(send) && !reported(send)),
    /** Lost, and not accepted in the seconds in which the promise permits it. */
    brokenLost: count((send) => isLost(send) && !mayBeLost(send)),
    twice: count(({ messages }) => messages.length > 1),
    moreThanTwice: count(({ messages }) => messages.length > 2),
    late: count((send) => hasArrived(send) && firstAt(send) > send.sendBy + CALL_MS),
    falseNo: count(({ verified }) => verified === 'false_no'),
    unclear: count(({ verified }) => verified === 'unclear'),
    longestGapMs: longestGap(sends),
    verifiedShare: sends.length === 0 ? 0 : count(({ verified }) => verified === 'yes') / sends.length,
    p50Ms: Math.round(spreadOf(waits)?.median ?? 0),
    p95Ms: waits.length === 0 ? 0 : Math.round(quantile(waits, 0.95, 'upper')),
    /** The median wait for the messages that users requested during the outage; infinite if half of them never came. */
    outageP50Ms: spreadOf(during.map(waitOf))?.median ?? 0,
  }
}

/** The longest time in which users asked and no message arrived. */
function longestGap(sends: readonly Send[]): number {
  const asked = sends.map(({ askedAt }) => askedAt)
  const arrivals = sends.filter(hasArrived).map(firstAt)
  const times = [Math.min(...asked), ...ascending(arrivals), Math.max(...asked)]
  const gaps = times.map((at, i) => at - (times[i - 1] ?? at))
  return sends.length === 0 ? 0 : Math.max(...gaps)
}

/** One sentence for each promise that the row breaks. */
export function breachesOf(row: Row, promises: Promises): string[] {
  const { mayLose, mayRepeat = false, mayCutAnswers = false, medianSeconds } = promises
  const { from, to, others = 0 } = mayLose ?? { from: 0, to: 0 }
  const median = (medianSeconds ?? Infinity) * 1_000
  const faults: [boolean, string][] = [
    [row.accepted === 0, 'no send was accepted, so the drill shows nothing'],
    [
      row.brokenLost > others,
      `${row.brokenLost} accepted sends were lost, and ${others} may be` +
        (mayLose === undefined ? '' : ` in addition to those accepted from ${from} to ${to} s of the outage`),
    ],
    [!mayRepeat && row.twice > 0, `${row.twice} sends had more than one message`],
    [row.moreThanTwice > 0, `${row.moreThanTwice} sends had more than two messages`],
    [row.late > 0, `${row.late} messages arrived after the time to send`],
    [row.falseNo > 0, `${row.falseNo} right codes were refused with 4008`],
    [!mayCutAnswers && row.unclear > 0, `${row.unclear} right codes were refused with 4008 after a 503`],
    [row.limited > 0, `${row.limited} requests were limited, and no user had reached a limit`],
    [row.unexpected > 0, `${row.unexpected} users got an unexpected answer`],
    [row.outageP50Ms > median, `half of the users waited longer than ${median / 1_000} s, or got no message`],
  ]
  return faults.flatMap(([isBroken, fault]) => (isBroken ? [fault] : []))
}
