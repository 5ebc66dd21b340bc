import { scrub } from '@sms-codes/core/mobile'
import { readFailedReason } from '@sms-codes/core/queues/failed-reason'

// Masks what the board shows of a job. A job contains no code and no phone number, unless a bug, the
// error text of a vendor, or an operator who adds a job puts one into the job.

const HIDDEN = '[hidden]'

/** Strings are masked in every mode. Numbers are masked in a job's data and in free fields. */
type Mode = 'known' | 'data' | 'free' | 'reason'

/** These fields hold free text of a processor, a vendor or a scheduler. The page makes no links of them. */
const FREE_FIELDS = ['progress', 'returnValue', 'deferredFailure', 'stacktrace', 'template']

/** Masks every string of an answer. An answer that is a list has the log lines of a job, which are free text. */
export const maskAnswer = (answer: unknown): unknown => mask(answer, Array.isArray(answer) ? 'free' : 'known')

/** Masks the values of the known fields of a job's data, and hides all other values. */
export function createDataMask(fields: Record<string, unknown>): (data: unknown) => unknown {
  return (data) => {
    if (typeof data !== 'object' || data === null) return HIDDEN
    return Object.fromEntries(
      Object.entries(data).map(([name, value]) =>
        Object.hasOwn(fields, name) ? [name, mask(value, 'data')] : [maskText(name), HIDDEN],
      ),
    )
  }
}

function mask(value: unknown, mode: Mode): unknown {
  const masked = MASKS[mode]
  if (typeof value === 'string') return masked(value)
  if (typeof value === 'number') return mode === 'known' ? value : maskNumber(value)
  if (Array.isArray(value)) return value.map((item) => mask(item, mode))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [masked(name), mask(item, modeOf(name) ?? mode)]),
  )
}

function modeOf(name: string): Mode | undefined {
  if (name === 'failedReason') return 'reason'
  return FREE_FIELDS.includes(name) ? 'free' : undefined
}

function maskNumber(value: number): number | string {
  const masked = scrub(`${value}`)
  return masked === `${value}` ? value : masked
}

const DIGITS = /(?<![0-9])[0-9]{6,10}(?![0-9])/g

/** Also masks digits inside words, which `scrub` keeps because ids contain such digits. */
export const maskText = (text: string): string => scrub(text).replace(DIGITS, '******')

/**
 * Masks the code of a vendor. Vendors have codes of up to six digits, such as 160038. A gateway has checked that its
 * code is not the verification code and contains no part of the number.
 */
export const maskCode = (code: string): string => (/[0-9]{7}/.test(code) ? maskText(code) : code)

/** Shows the code of a vendor in the text of our own failures, although it may look like a verification code. */
function scrubReason(text: string): string {
  const { code = '' } = readFailedReason(text) ?? {}
  return code === '' ? maskText(text) : maskText(text.slice(0, -code.length)) + maskCode(code)
}

const MASKS: Record<Mode, (text: string) => string> = {
  known: scrub,
  data: scrub,
  free: maskText,
  reason: scrubReason,
}
