import type { Refusal } from '@sms-codes/client'
import type { ErrorText, State } from './state.ts'

/** Waits of at most so many seconds are shown as seconds. A longer one is shown as a time of day. */
export const MAX_SHOWN_SECONDS = 120

/** The texts that say that the service is away, and the ends (in ms) of the waits that the API named with them. */
const awayUntil = new WeakMap<ErrorText, number>()

function textOf({ reason, retryAfter = 0 }: Refusal): ErrorText {
  // A service that is away for a short time is back soon, so its text names no time.
  const namesTime = retryAfter > (reason === 'throttled' ? 0 : MAX_SHOWN_SECONDS)
  const until = namesTime ? Date.now() + retryAfter * 1000 : 0
  return (texts) => {
    // The API asks an address with many attempts for more than this page can show.
    if (reason === 'throttled' || reason === 'proof_needed') return texts.throttled(until)
    if (reason === 'unreachable') return texts.unreachable
    return reason === 'unavailable' ? texts.unavailable(until) : texts.refused
  }
}

/** The text for a refusal that is not about a field. */
export function errorOf(refusal: Refusal): ErrorText {
  const { reason, retryAfter = 0 } = refusal
  const text = textOf(refusal)
  if (reason === 'unreachable' || reason === 'unavailable')
    awayUntil.set(text, Date.now() + retryAfter * 1000)
  return text
}

/**
 * Ends an error of the send that says that the service is away, because the API has answered since. An error whose wait has
 * not ended stays: the API also names a wait when a budget is spent, and goes on to answer other calls.
 */
export function endAway({ errors }: State): void {
  const { send } = errors
  if (send !== undefined && (awayUntil.get(send) ?? Infinity) <= Date.now()) delete errors.send
}
