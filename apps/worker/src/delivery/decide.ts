import type { ReceiptState } from '@sms-codes/core/queues/delivery-receipts'
import { failedReason } from '@sms-codes/core/queues/failed-reason'
import type { Answer } from '../gateways/skipping-gateway.ts'
import type { FailReason } from '@sms-codes/core/history/failures'
import type { Attempt } from './attempt.ts'
import type { Call } from './call-plan.ts'

/** What an attempt does next. */
type Decision = { kind: 'next_call' } | End

/** How an attempt ends. */
export type End =
  /** `messageId` is undefined if no answer contained the gateway's own id of the message. */
  | { kind: 'sent'; gateway: string; messageId: string | undefined }
  /** The channel (SMS or e-mail) ends the send without success. */
  | { kind: 'end'; why: FailReason; gateway?: string }
  | Retry
  /** The job waits until the rate of a gateway has room again. The wait does not use up an attempt. */
  | { kind: 'wait'; waitMs: number }

/** The queue runs the job again later. */
export type Retry = {
  kind: 'retry'
  /** The text of the job's error, in the form of failed-reason.ts. */
  reason: string
  gateway?: string
  /** True if `gateway` may have taken the message in this call. */
  doubted?: boolean
  atLeastMs?: number | undefined
  /** Set if the send may move to the other channel instead of a retry, for this reason. */
  orMove?: FailReason
}

/** From so many ms after the first claim, another gateway may send a second message if a repeat gave no clear answer. */
const SILENT_MS = 5_000
/** Until so many ms after the first claim, a busy gateway is tried again, unless it asks for a longer wait. */
const BUSY_MS = 3_000
/** The time from an unclear answer to the look-up. Vendors find a message only some seconds after it was sent. */
const LOOK_UP_AFTER_MS = 2_500

const NEXT: Decision = { kind: 'next_call' }

/**
 * Returns how long a send waits for the rate of a gateway: a fifth of its age, within limits, ± 30 %. The wait grows,
 * so that a job starts fewer than MOST_STARTS times (consumer.ts) in the longest time to send (570 s).
 */
const rateWaitMs = (ageMs: number) => Math.min(Math.max(250, ageMs / 5), 9_000) * (0.7 + 0.6 * Math.random())
const wait = ({ ageMs }: Attempt): End => ({ kind: 'wait', waitMs: Math.round(rateWaitMs(ageMs)) })

/**
 * Returns what follows a gateway's answer to a `send`. If the gateway certainly did not take the message and another
 * gateway may accept it, the next call follows. A refusal of the number ends the send, because another gateway
 * could not reach the number either, or would only bypass the vendor's limit for the number.
 * @param attempt the state after the answer
 */
export function decide(outcome: Answer, { gateway, risksSecondSend }: Call, attempt: Attempt): Decision {
  const { name } = gateway
  const reason = failedReason(outcome.class, attempt.lastAnswer)
  const retry: Retry = { kind: 'retry', reason, gateway: name }
  const isRepeat = attempt.doubt?.gateway === name
  switch (outcome.class) {
    case 'accepted':
      return { kind: 'sent', gateway: name, messageId: outcome.messageId }
    case 'duplicate':
      // Without a doubt, the gateway never had this message: it refuses the message as a repeat of another message.
      return isRepeat ? { kind: 'sent', gateway: name, messageId: outcome.messageId } : NEXT
    case 'skipped': {
      // Without the wait, another gateway would send a second message only because this gateway's rate is exhausted.
      const isWorthWaiting = isRepeat && !risksSecondSend && attempt.ageMs < SILENT_MS
      return outcome.code === 'RATE_FULL' && isWorthWaiting ? wait(attempt) : NEXT
    }
    case 'number':
    case 'number_limit':
      return { kind: 'end', why: outcome.class, gateway: name }
    case 'retry_same': {
      // A busy gateway certainly did not take the message, so the next gateway may send the message.
      const isWorthWaiting = attempt.ageMs < BUSY_MS && (outcome.retryAfterMs ?? 0) <= BUSY_MS
      return isWorthWaiting ? { ...retry, atLeastMs: outcome.retryAfterMs } : NEXT
    }
    case 'ambiguous': {
      const hasMoreCalls = attempt.calls.length > 0
      const wasAskedAgain = isRepeat && !risksSecondSend
      // The answer to the repeat was unclear too, so another gateway sends the one permitted second message.
      if (wasAskedAgain && attempt.ageMs >= SILENT_MS && hasMoreCalls) return NEXT
      const atLeastMs = gateway.lookUp === undefined ? undefined : LOOK_UP_AFTER_MS
      return { ...retry, doubted: true, atLeastMs, ...(!hasMoreCalls && { orMove: 'ambiguous' }) }
    }
    default:
      // The class is switch_now, template or config: another gateway may accept the message.
      return NEXT
  }
}

/** Returns how an attempt ends if a delivery receipt shows whether `gateway` took the message, otherwise null. */
export function decideByReceipt(state: ReceiptState | null | undefined, gateway: string): End | null {
  if (state === 'delivered') return { kind: 'sent', gateway, messageId: undefined }
  return state === 'undelivered' ? { kind: 'end', why: 'undelivered', gateway } : null
}

/** Returns how an attempt ends when it has made all its calls. */
export function decideWithoutCalls(attempt: Attempt): End {
  const { lastAnswer, skips, hasRefusal, busyMs } = attempt
  // The plan had no `send`: a gateway may have the message, and the one second message was risked before.
  if (lastAnswer === '') return { kind: 'end', why: 'ambiguous' }
  const isRateFull = skips.includes('RATE_FULL')
  if (!hasRefusal && isRateFull) return wait(attempt)
  if (!hasRefusal && skips.every((reason) => reason === 'QUOTA_FULL'))
    return { kind: 'end', why: 'number_limit' }
  const reason = failedReason('no_gateway', lastAnswer)
  // A gateway with an exhausted rate works, so the send does not move to e-mail.
  return { kind: 'retry', reason, atLeastMs: busyMs, ...(!isRateFull && { orMove: 'no_gateway' }) }
}
