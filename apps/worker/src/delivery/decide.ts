import type { ReceiptState } from '@sms-codes/core/queues/delivery-receipts'
import type { Outcome } from '@sms-codes/gateways/gateway'
import type { Attempt, EndReason } from './attempt.ts'
import type { Call } from './call-plan.ts'

/** What an attempt does next. */
type Decision = { kind: 'next_call' } | End

/** How an attempt ends. */
export type End =
  /** `messageId` is undefined if the gateway's own id got lost with its answer. */
  | { kind: 'sent'; gateway: string; messageId: string | undefined }
  /** This channel can do no more for the send. */
  | { kind: 'end'; why: EndReason; gateway?: string }
  | Retry

/** The queue tries again later. */
export type Retry = {
  kind: 'retry'
  /** For the error of the job. */
  reason: string
  gateway?: string
  /** The call to `gateway` left a doubt. */
  doubted?: boolean
  atLeastMs?: number | undefined
  /** The reason to record if the send moves to e-mail: the fallback is open, and the send is old enough for it. */
  orMoveToEmail?: EndReason
}

/** From this age of a send, a repeat without an answer is followed by a second message through another gateway. */
const SILENT_MS = 5_000
/** For a send younger than this, the worker waits for a busy gateway, unless the gateway asks for a longer wait. */
const BUSY_MS = 3_000
/** Vendors document that a message can be looked up some seconds after it was sent. */
const LOOK_UP_AFTER_MS = 2_500

const NEXT: Decision = { kind: 'next_call' }

/**
 * What follows from a gateway's answer to a `send`. The message goes to another gateway only if this one certainly did
 * not take it and another one can help. A refusal of the number itself ends the send: otherwise one caller could
 * multiply messages by the number of gateways.
 * @param attempt the state after the answer
 */
export function decide(outcome: Outcome, { gateway, risksSecondSend }: Call, attempt: Attempt): Decision {
  const { name } = gateway
  const retry: Retry = { kind: 'retry', reason: attempt.lastAnswer, gateway: name }
  switch (outcome.class) {
    case 'accepted':
    case 'duplicate':
      return { kind: 'sent', gateway: name, messageId: outcome.messageId }
    case 'number':
    case 'number_limit':
      return { kind: 'end', why: outcome.class, gateway: name }
    case 'retry_same': {
      // The gateway certainly did not take the message, so the next one may send it if this one stays busy.
      const isWorthWaiting = attempt.ageMs < BUSY_MS && (outcome.retryAfterMs ?? 0) <= BUSY_MS
      return isWorthWaiting ? { ...retry, atLeastMs: outcome.retryAfterMs } : NEXT
    }
    case 'ambiguous': {
      const hasMoreCalls = attempt.calls.length > 0
      const wasAskedAgain = attempt.doubt?.gateway === name && !risksSecondSend
      // The gateway does not answer repeats either, so the one permitted second message goes to another gateway.
      if (wasAskedAgain && attempt.ageMs >= SILENT_MS && hasMoreCalls) return NEXT
      const atLeastMs = gateway.lookUp === undefined ? undefined : LOOK_UP_AFTER_MS
      return { ...retry, doubted: true, atLeastMs, ...(!hasMoreCalls && { orMoveToEmail: 'ambiguous' }) }
    }
    default:
      // switch_now, template, config: another gateway may accept it.
      return NEXT
  }
}

/** The end of an attempt whose doubt a delivery receipt resolves; null without a delivery receipt. */
export function decideByReceipt(state: ReceiptState | null | undefined, gateway: string): End | null {
  if (state === 'delivered') return { kind: 'sent', gateway, messageId: undefined }
  return state === 'undelivered' ? { kind: 'end', why: 'undelivered', gateway } : null
}

/** What follows when no call is left. */
export function decideWithoutCalls({ lastAnswer, isEveryQuotaFull, busyMs }: Attempt): End {
  // No `send` was possible: the doubt remains, no repeat is safe, and the one second message is spent.
  if (lastAnswer === '') return { kind: 'end', why: 'ambiguous' }
  if (isEveryQuotaFull) return { kind: 'end', why: 'number_limit' }
  const reason = `no gateway accepted it, last ${lastAnswer}`
  return { kind: 'retry', reason, atLeastMs: busyMs, orMoveToEmail: 'no_gateway' }
}
