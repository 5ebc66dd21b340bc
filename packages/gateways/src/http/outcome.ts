// Reads a vendor's answer as the policy describes it: the success test first, then the class of the vendor's code.
import type { HttpPolicy } from '@sms-codes/core/config/http-policy'
import { classByCode } from '../code-table.ts'
import type { Outcome, SmsMessage } from '../gateway.ts'
import { field, parseJson } from '../json.ts'
import { isSuccess, transportOutcome, UNKNOWN_CODE } from '../transport-outcome.ts'
import type { PostResult } from '../transport.ts'
import { vendorWord } from '../vendor-word.ts'

/** @param secrets texts of the request that a vendor may repeat and that no outcome may contain */
export function createOutcomeReader(http: HttpPolicy, secrets: readonly string[]) {
  const { success, id, code: codePath = success.path, classes = {} } = http
  const table = classByCode(classes)

  function isTaken(answer: unknown, status: number): boolean {
    if (success.path === undefined) return success.status.includes(status)
    const value = textAt(answer, success.path)
    return value !== undefined && success.equals?.includes(value) !== false
  }

  function safeWord(value: string | undefined, message: SmsMessage): string | undefined {
    const word = vendorWord(value, /^[\w.:-]{1,64}$/, message)
    return secrets.some((secret) => word?.includes(secret)) ? undefined : word
  }

  return function outcomeOf(result: PostResult, message: SmsMessage, now: Date): Outcome {
    const byTransport = transportOutcome(result, now)
    if (result.kind !== 'answer') return byTransport
    const { status } = result
    // With 408 and 5xx the body can prove neither an acceptance nor a refusal.
    const isFinal = status < 400 || byTransport.class === 'ambiguous'
    if (!isSuccess(status) && isFinal) return byTransport
    const answer = parseJson(result.body)
    if (isTaken(answer, status)) {
      if (!success.status.includes(status)) return { class: 'ambiguous', code: byTransport.code }
      const messageId = safeWord(textAt(answer, id), message)
      return { class: 'accepted', code: byTransport.code, ...(messageId !== undefined && { messageId }) }
    }
    const given = textAt(answer, codePath)
    const code = given ?? byTransport.code
    const cls = table.get(code)
    if (cls === 'retry_same') return { ...byTransport, class: cls, code }
    if (cls !== undefined) return { class: cls, code }
    if (given === undefined) return byTransport
    const unlisted = byTransport.class === 'retry_same' ? 'retry_same' : 'switch_now'
    return { ...byTransport, class: unlisted, code: safeWord(given, message) ?? UNKNOWN_CODE }
  }
}

/** The text, the whole number or the boolean at a path such as messages.0.id. */
function textAt(answer: unknown, path: string | undefined): string | undefined {
  const value = path?.split('.').reduce(field, answer)
  if (typeof value === 'string' && value !== '') return value
  return typeof value === 'boolean' || Number.isSafeInteger(value) ? String(value) : undefined
}
