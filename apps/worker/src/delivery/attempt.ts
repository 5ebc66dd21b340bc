import type { Claim, Doubt } from '@sms-codes/core/codes/claim'
import type { GatewayAnswer } from '@sms-codes/core/history/answer'
import type { FailReason } from '@sms-codes/core/history/failures'
import type { Channel } from '@sms-codes/core/codes/send'
import type { Grouped } from '@sms-codes/core/limits/guard-counts'
import type { Answer, SkippingGateway, SkipReason } from '../gateways/skipping-gateway.ts'
import { planCalls, type Call } from './call-plan.ts'

/** How an attempt ended. An attempt that needs a retry throws RetryLater instead. */
export type Delivered =
  /** `why` is the gateway that accepted the message. */
  | { outcome: 'sent' | 'fell_back'; why: string }
  | { outcome: 'moved'; why: FailReason }
  /** `answer` is the last answer of a gateway, or '' if this attempt made no call. */
  | { outcome: 'failed'; why: FailReason; answer: string }
  | { outcome: 'gone'; why: Extract<Claim, { kind: 'gone' }>['reason'] }
  /** `why` is the status that the send had already. `failed` says why it had failed. */
  | { outcome: 'done'; why: string; failed?: { reason: string; gateway: string } }
  /** The job starts again after `waitMs`: another worker has the claim, or the rate of a gateway has no room. */
  | { outcome: 'waiting'; waitMs: number }
  /** No gateway of this worker serves the country, because the policy changed. */
  | { outcome: 'not_served' }
  /** This worker lacks the code key with the id `kid`, with which the message was sealed. */
  | { outcome: 'no_key'; kid: string }

/** The state of an attempt at a send. Each step returns a new state and leaves the old state unchanged. */
export type Attempt = {
  /** The number of the newest claim of this attempt, 0 before its first claim. */
  fence: number
  /** The time from the first claim of the send to the newest claim, in ms. */
  ageMs: number
  /** The doubt: a gateway that gave no clear answer may have taken the message. Null if no gateway may have. */
  doubt: Doubt | null
  secondSendRisked: boolean
  /** Where the guard against SMS pumping counts the send, or null if it does not. */
  grouped: Grouped | null
  /** How often the send changed its channel, and whether the other channel may still take it. */
  moves: number
  mayMove: boolean
  /** The planned calls that the attempt has not made yet. */
  calls: readonly Call[]
  /** The gateway and its outcome code in the newest answer to a `send`, '' before the first answer. */
  lastAnswer: string
  /** The newest answer, until a claim or a settlement records it in the history. */
  unrecorded: GatewayAnswer | null
  /** Why calls were skipped. */
  skips: readonly SkipReason[]
  /** Whether a gateway that was called did not take the message. */
  hasRefusal: boolean
  /** The ms that the last busy gateway asked the worker to wait. */
  busyMs: number | undefined
}

export const beginAttempt = (gateways: readonly SkippingGateway[]): Attempt => ({
  fence: 0,
  ageMs: 0,
  doubt: null,
  secondSendRisked: false,
  grouped: null,
  moves: 0,
  mayMove: false,
  calls: planCalls(gateways),
  lastAnswer: '',
  unrecorded: null,
  skips: [],
  hasRefusal: false,
  busyMs: undefined,
})

/** Begins to measure a call. The result makes the answer of the call for the history. */
export function timeCall(channel: Channel, gateway: string) {
  const begin = performance.now()
  return (cls: string, code = ''): GatewayAnswer => ({
    tookMs: performance.now() - begin,
    channel,
    gateway,
    class: cls,
    code,
  })
}
/** Whether the user may get the message of a call with this outcome. */
export const mayHaveLeft = ({ class: cls }: Answer) => ['accepted', 'duplicate', 'ambiguous'].includes(cls)

export function afterAnswer(attempt: Attempt, { gateway, risksSecondSend }: Call, outcome: Answer): Attempt {
  const isSkipped = outcome.class === 'skipped'
  return {
    ...attempt,
    lastAnswer: `${gateway.name} ${outcome.code}`,
    skips: isSkipped ? [...attempt.skips, outcome.code] : attempt.skips,
    hasRefusal: attempt.hasRefusal || !isSkipped,
    secondSendRisked: attempt.secondSendRisked || (risksSecondSend && mayHaveLeft(outcome)),
    busyMs: outcome.class === 'retry_same' ? outcome.retryAfterMs : attempt.busyMs,
  }
}
