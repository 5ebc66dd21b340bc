import { orNull } from './or-null.ts'
import { randomId } from './hex.ts'
import type { Reason, Refusal } from './results.ts'
import { ENVELOPE, isLike } from './wire.ts'

/** The reason of each RETCODE that is not a success. A verify makes `code_ended` or `code_expired` of `code_wrong`. */
export const REASONS = {
  4001: 'captcha',
  4002: 'throttled',
  4003: 'invalid',
  4007: 'mobile',
  4008: 'code_wrong',
  4101: 'invalid',
  5000: 'unavailable',
  5006: 'invalid',
} as const satisfies Record<number, Reason>
const reasons = new Map<string, Reason>(Object.entries(REASONS))

const PAUSE_MS = 1_000
/** After a broken connection, the API answers 409 while the first call may still run: for 5 seconds at most. */
const MAX_REPEATS = 5
/** The API keeps the answer to a verify so long. The answer to a send is kept for hours, but its code soon expires. */
const KEEP_KEY_MS = 60_000

type Answer = { response: Response; body: unknown }
type Options = {
  baseUrl: string
  language: () => 'zh' | 'en' | undefined
  timeoutMs: number
  fetch: typeof fetch | undefined
  now: () => number
}

/** An answer without a RETCODE comes from a proxy, or from a server that is not the API. */
function reasonOf(code: string, status: number, challenge: string | undefined): Reason {
  if (challenge) return 'proof_needed'
  if (status === 429) return 'throttled'
  if (status >= 500 || status === 409) return 'unavailable'
  return reasons.get(code) ?? 'invalid'
}

/** A refusal without an answer of the API. */
export const refusal = (reason: Reason, code = ''): Refusal => ({
  ok: false,
  reason,
  message: '',
  code,
  status: 0,
})

function refusalOf({ response: { status, headers }, body }: Answer): Refusal {
  const envelope = isLike(body, ENVELOPE) ? body : ENVELOPE
  const { code, errmsg, challenge, attempts_left, retry_after = headers.get('retry-after') } = envelope
  const seconds = Number(retry_after)
  return {
    ...refusal(reasonOf(code, status, challenge), code),
    message: errmsg,
    status,
    ...(seconds > 0 && { retryAfter: seconds }),
    ...(typeof attempts_left === 'number' && { attemptsLeft: attempts_left }),
  }
}

/**
 * Makes the function that calls the API: GET, or POST with `fields`. If the connection breaks or times out, the function
 * repeats the call once; after a 409 it repeats the call until the first one has ended. A POST has an idempotency key, so
 * its repeat gets the first answer. So does a call with the same fields in the next minute, if no answer came at all.
 */
export function createCalls({ baseUrl, language, timeoutMs, fetch: given, now }: Options) {
  /** The keys of the calls that got no answer. */
  const lost = new Map<string, { key: string; until: number }>()

  async function request(path: string, init: RequestInit): Promise<Answer | null> {
    try {
      const response = await (given ?? fetch)(baseUrl + path, {
        ...init,
        signal: AbortSignal.timeout(timeoutMs),
      })
      const text = await response.text()
      return { response, body: orNull((): unknown => JSON.parse(text)) }
    } catch {
      return null
    }
  }

  /** @param example what a success must look like */
  return async function call<T extends object>(
    path: string,
    example: T,
    fields?: object,
  ): Promise<{ ok: true; answer: T } | Refusal> {
    const preferred = language()
    const body = fields ? JSON.stringify(fields) : ''
    const same = path + body
    const before = lost.get(same)
    const key = before && before.until > now() ? before.key : randomId()
    const headers = {
      ...(preferred && { 'accept-language': preferred }),
      ...(fields && { 'content-type': 'application/json', 'idempotency-key': key }),
    }
    const init = { headers, ...(fields && { method: 'POST', body }) }
    let answer = await request(path, init)
    for (let i = 0; answer ? answer.response.status === 409 && i < MAX_REPEATS : i < 1; i++) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      answer = await request(path, init)
    }
    if (!answer) {
      lost.set(same, { key, until: now() + KEEP_KEY_MS })
      return refusal('unreachable')
    }
    lost.delete(same)
    return answer.response.ok && isLike(answer.body, example)
      ? { ok: true, answer: answer.body }
      : refusalOf(answer)
  }
}
export type Call = ReturnType<typeof createCalls>
