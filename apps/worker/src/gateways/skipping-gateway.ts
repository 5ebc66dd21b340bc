import type { Window } from '@sms-codes/core/limits/windows'
import type { Outcome, SmsGateway } from '@sms-codes/gateways/gateway'

/** Why a call to a gateway was not made. A send that meets RATE_FULL has only to wait for a moment. */
export const SKIP_REASONS = ['BREAKER_OPEN', 'RATE_FULL', 'QUOTA_FULL', 'SWITCHED_OFF'] as const
export type SkipReason = (typeof SKIP_REASONS)[number]

/** The answer of a gateway, or `skipped`: the worker did not call the gateway, so certainly no message left. */
export type Answer = Outcome | { class: 'skipped'; code: SkipReason }

/** A gateway with the worker's own limits, which may skip a call. */
export type SkippingGateway = Omit<SmsGateway, 'send'> & {
  /** The vendor's own limit per number, which `claim` of the ledger counts. Absent or empty for no limit. */
  quota?: readonly Window[]
  /** The countries to whose numbers the gateway sends. Absent for all. */
  countries?: readonly string[]
  /** The gateway's share of the messages for which it is asked first, 0 if absent. */
  weight?: number
  /** Whether an operator has switched the gateway off, so that it is not even asked about a message in doubt. */
  isOff?: () => boolean
  send: (...message: Parameters<SmsGateway['send']>) => Promise<Answer>
}
