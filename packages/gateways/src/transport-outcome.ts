// Owns the outcome of a call when the vendor's own code does not decide it. Every result has a class, and a result
// that does not prove a refusal is `ambiguous`.
import type { Outcome } from './gateway.ts'
import type { PostResult } from './transport.ts'

export function transportOutcome(result: PostResult, now: Date): Outcome {
  if (result.kind === 'not_sent') return { class: 'switch_now', code: result.code }
  if (result.kind === 'unknown') return { class: 'ambiguous', code: result.code }
  const { status, headers } = result
  const code = `HTTP_${status}`
  if (status === 429) {
    const retryAfterMs = retryAfter(headers['retry-after'], now)
    return { class: 'retry_same', code, ...(retryAfterMs !== undefined && { retryAfterMs }) }
  }
  // A 408 may come from a proxy whose back end took the message.
  if (status >= 300 && status < 500 && status !== 408) return { class: 'config', code }
  // 5xx, and a 2xx without a readable body.
  return { class: 'ambiguous', code }
}

/** Seconds or an HTTP date, in milliseconds from now. */
function retryAfter(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  // Date.parse accepts many other formats; an HTTP date always has a weekday and GMT.
  const at = /^[A-Z][a-z]{2}.*GMT$/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime())
}
