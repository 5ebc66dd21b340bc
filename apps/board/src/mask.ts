import { scrub } from '@sms-codes/core/mobile'

/**
 * What of a job may be seen. Jobs hold no code and no number; this is the net for the day a bug, a vendor's
 * error text or a job added by hand puts one there.
 */
const HIDDEN = '[hidden]'

/** How strings are masked, and whether bare numbers are: elsewhere than in free fields they are times and counts. */
type Manner = { text: (text: string) => string; numbers: boolean }
const KNOWN: Manner = { text: scrub, numbers: false }
const DATA: Manner = { text: scrub, numbers: true }
const FREE: Manner = { text: scrubFreeText, numbers: true }

/** Fields that a processor, a vendor's answer or a scheduler fills as it likes, and no page makes a link of. */
const FREE_FIELDS = new Set([
  'progress',
  'returnValue',
  'failedReason',
  'deferredFailure',
  'stacktrace',
  'template',
])

/** An answer of the board with every string scrubbed, be it a reason, a stack trace, an option or a log line. */
export function maskAnswer(answer: unknown): unknown {
  // The lines that a job logged are the only answer that is a list of strings.
  return mask(answer, Array.isArray(answer) ? FREE : KNOWN)
}

/** Of a job's data only the fields that a job of its queue has, and they are masked too. */
export function createDataMask(fields: Record<string, unknown>): (data: unknown) => unknown {
  return (data) => {
    if (typeof data !== 'object' || data === null) return HIDDEN
    return Object.fromEntries(
      Object.entries(data).map(([name, value]) =>
        Object.hasOwn(fields, name) ? [name, mask(value, DATA)] : [scrubFreeText(name), HIDDEN],
      ),
    )
  }
}

function mask(value: unknown, manner: Manner): unknown {
  if (typeof value === 'string') return manner.text(value)
  if (typeof value === 'number') return manner.numbers ? maskNumber(value) : value
  if (Array.isArray(value)) return value.map((item) => mask(item, manner))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      manner.text(name),
      mask(item, FREE_FIELDS.has(name) ? FREE : manner),
    ]),
  )
}

function maskNumber(value: number): number | string {
  const text = String(value)
  const masked = scrub(text)
  return masked === text ? value : masked
}

const SPACED_NUMBERS = /(?<![0-9])(1[3-9][0-9])[ -][0-9]{4}[ -]?([0-9]{4})(?![0-9])/g
const DIGITS = /(?<![0-9])[0-9]{6,10}(?![0-9])/g

/** Where nothing has to stay what it is, digits inside of words go too; `scrub` spares them for the sake of ids. */
function scrubFreeText(text: string): string {
  return scrub(text.replace(SPACED_NUMBERS, '$1****$2')).replace(DIGITS, '******')
}
