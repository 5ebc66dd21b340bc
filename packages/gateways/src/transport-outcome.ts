// Derives the outcome of a call from the HTTP status or the network fault, if the vendor's result code does not give
// the outcome. The outcome is `ambiguous` if the vendor may have taken the message.
import type { Outcome, OutcomeClass } from './gateway.ts'
import { parseJson } from './json.ts'
import type { PostResult } from './transport.ts'

export function transportOutcome(result: PostResult, now: Date): Outcome {
  if (result.kind !== 'answer')
    return { class: result.kind === 'not_sent' ? 'switch_now' : 'ambiguous', code: result.code }
  const { status, headers } = result
  const code = `HTTP_${status}`
  if (status === 429) {
    const retryAfterMs = retryAfter(headers['retry-after'] ?? '', now)
    return { class: 'retry_same', code, ...(retryAfterMs !== undefined && { retryAfterMs }) }
  }
  // A 408 may come from a proxy whose back end took the message.
  if (status >= 300 && status < 500 && status !== 408) return { class: 'config', code }
  return { class: 'ambiguous', code } // 5xx, and a 2xx without a readable body.
}

export const isSuccess = (status: number) => status >= 200 && status <= 299

/** Replaces a code that is not in the form of the vendor's codes, or that contains the user's data. */
export const UNKNOWN_CODE = 'UNKNOWN_CODE'

export type CodeMeaning = { class: OutcomeClass; code: string; isKnown: boolean }

/**
 * The outcome of an answer with a vendor's code, for vendors that refuse with a 2xx status. With any other status, an
 * acceptance is `ambiguous`, a known code keeps its class, and an unknown code gets the class of the status.
 */
export function codeOutcome(status: number, byTransport: Outcome, meaning: CodeMeaning): Outcome {
  const { class: cls, code, isKnown } = meaning
  if (!isSuccess(status) && cls === 'accepted') return { class: 'ambiguous', code: byTransport.code }
  if (!isSuccess(status) && !isKnown) return code === UNKNOWN_CODE ? byTransport : { ...byTransport, code }
  // Only `retry_same` uses the wait from the headers of the answer.
  return cls === 'retry_same' ? { ...byTransport, class: cls, code } : { class: cls, code }
}

/** The JSON of an answer with a 2xx status. Undefined for every other result. */
export const successBody = (result: PostResult): unknown =>
  result.kind === 'answer' && isSuccess(result.status) ? parseJson(result.body) : undefined

/** Converts seconds or an HTTP date to milliseconds from now. */
function retryAfter(value: string, now: Date): number | undefined {
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  // Date.parse accepts many other formats. An HTTP date always has a weekday and GMT.
  const at = /^[A-Z][a-z]{2}.*GMT$/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime())
}
