import type { Claim, Doubt } from '@sms-codes/core/codes/send-ledger'
import type { Outcome, SmsGateway } from '@sms-codes/gateways/gateway'
import { QUOTA_FULL } from '../gateways/with-limits.ts'
import { planCalls, type Call } from './call-plan.ts'

/** Why a send fails. The worker's metrics count each of them from 0. */
export const FAIL_REASONS = [
  'late',
  'unreadable',
  'job_failed',
  'undelivered',
  'ambiguous',
  'number',
  'number_limit',
] as const

/** Why a channel can do no more for a send: the send fails, or moves to e-mail. */
export type EndReason = (typeof FAIL_REASONS)[number] | 'no_gateway'

/** How an attempt ended, as the job's return value shows it. A retry throws RetryLater instead. */
export type Delivered =
  /** `why` is the gateway that accepted the message. */
  | { outcome: 'sent' | 'fell_back'; why: string }
  | { outcome: 'failed' | 'moved'; why: EndReason }
  | { outcome: 'gone'; why: Extract<Claim, { kind: 'gone' }>['reason'] | 'late' }
  /** `why` is the status that the send had already. */
  | { outcome: 'done'; why: string }
  /** Another worker holds the claim. */
  | { outcome: 'busy'; waitMs: number }

/** What an attempt knows of its send. Each step returns the next state; no step changes a state. */
export type Attempt = {
  /** Fence of the newest claim, 0 before the first one. */
  fence: number
  /** Age of the send at the newest claim, ms since its first claim. */
  ageMs: number
  doubt: Doubt | null
  secondSendRisked: boolean
  /** The calls that are left. */
  calls: readonly Call[]
  /** Gateway and code of the newest answer to a `send`, '' before the first one. */
  lastAnswer: string
  /** Every answer so far was that the vendor's quota for the number is full. */
  isEveryQuotaFull: boolean
  /** How long the newest busy gateway asked to wait. */
  busyMs: number | undefined
}

export const beginAttempt = (gateways: readonly SmsGateway[]): Attempt => ({
  fence: 0,
  ageMs: 0,
  doubt: null,
  secondSendRisked: false,
  calls: planCalls(gateways),
  lastAnswer: '',
  isEveryQuotaFull: true,
  busyMs: undefined,
})

/** The state after a gateway answered a `send`. */
export function afterAnswer(attempt: Attempt, { gateway, risksSecondSend }: Call, outcome: Outcome): Attempt {
  const mayHaveLeft = ['accepted', 'duplicate', 'ambiguous'].includes(outcome.class)
  return {
    ...attempt,
    lastAnswer: `${gateway.name} ${outcome.code}`,
    isEveryQuotaFull: attempt.isEveryQuotaFull && outcome.code === QUOTA_FULL,
    secondSendRisked: attempt.secondSendRisked || (risksSecondSend && mayHaveLeft),
    busyMs: outcome.class === 'retry_same' ? outcome.retryAfterMs : attempt.busyMs,
  }
}
