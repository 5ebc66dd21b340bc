import { scrub } from '@sms-codes/core/mobile'

/**
 * What of a job may be seen. Jobs hold no code and no number; this is the net for the day a bug, a vendor's
 * error text or a job added by hand puts one there.
 */
const HIDDEN = '[hidden]'

/**
 * Fields that a processor or a scheduler fills as it likes: a bare number there may be a code. Elsewhere
 * numbers are times and counts.
 */
const FREE_FIELDS = new Set(['progress', 'returnValue', 'template'])

/** An answer of the board with every string scrubbed, be it a reason, a stack trace, an option or a log line. */
export function maskAnswer(answer: unknown): unknown {
  return mask(answer, false)
}

/** Of a job's data only the fields that a job of its queue has, and they are masked too. */
export function createDataMask(fields: Record<string, unknown>): (data: unknown) => unknown {
  return (data) => {
    if (typeof data !== 'object' || data === null) return HIDDEN
    return Object.fromEntries(
      Object.entries(data).map(([name, value]) =>
        Object.hasOwn(fields, name) ? [name, mask(value, true)] : [scrub(name), HIDDEN],
      ),
    )
  }
}

function mask(value: unknown, numbersToo: boolean): unknown {
  if (typeof value === 'string') return scrub(value)
  if (typeof value === 'number') return numbersToo ? maskNumber(value) : value
  if (Array.isArray(value)) return value.map((item) => mask(item, numbersToo))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      scrub(name),
      mask(item, numbersToo || FREE_FIELDS.has(name)),
    ]),
  )
}

function maskNumber(value: number): number | string {
  const text = String(value)
  const masked = scrub(text)
  return masked === text ? value : masked
}
