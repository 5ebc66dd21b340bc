// A number is E.164 with its plus in our processes, such as +8613800138000. Redis, logs and answers contain its short form
// or parts of it.

/** A mobile number of the mainland as its users write it, and as the classic call takes it. */
export const MAINLAND_PATTERN = '^1[3-9][0-9]{9}$'

/** The country calling codes of one and two digits. All other calling codes have three. No code begins another one. */
export const CALLING_CODE = '1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[2-9][0-9]{2}'

const SEPARATORS = /[\s\p{Dash}\p{Cf}]/gu

/** Turns typed digits and letters into ASCII: without spaces, dashes and the invisible characters of copied text. */
export const normaliseTyped = (typed: string): string => typed.normalize('NFKC').replace(SEPARATORS, '')

const MAINLAND = /^(?:(?:\+|00)?86)?(1[3-9][0-9]{9})$/

/**
 * Turns a typed number, such as `+86 (138) 0013-8000`, `00852 9123 4567` or `tel:+85291234567`, into E.164. A number
 * without a prefix is one of the mainland. A text that is no number stays one that is not E.164.
 */
export function normaliseMobile(typed: string): string {
  const digits = normaliseTyped(typed).replace(/^tel:|[().]/gi, '')
  const [, mainland] = MAINLAND.exec(digits) ?? []
  return mainland === undefined ? digits.replace(/^00/, '+') : `+86${mainland}`
}

/**
 * The form of a number in pseudonyms, digests, records, jobs, lists and answers: a mainland number has its eleven digits
 * only. Contacts and list entries of mainland numbers are stored in this form.
 */
export const shortForm = (mobile: string): string => (mobile.startsWith('+86') ? mobile.slice(3) : mobile)

const PREFIX = new RegExp(`^(?:1[3-9][0-9]|\\+(?:${CALLING_CODE}))`)

/** The first three digits of a mainland number, and the calling code of any other number. */
export const prefixOf = (mobile: string): string => PREFIX.exec(shortForm(mobile))?.[0] ?? ''

/** `138****8000` or `+852****4567`: the only form in which a number may be logged or shown. */
export const maskMobile = (mobile: string): string => `${prefixOf(mobile)}****${mobile.slice(-4)}`

/** The carrier segment of a number, for routes: its first three digits, after the calling code of another country. */
export const segmentOf = (mobile: string): string =>
  shortForm(mobile).slice(0, mobile.startsWith('+86') ? 3 : prefixOf(mobile).length + 3)

/** The number segment of limits and lists: the short form without the last four digits. */
export const numberSegment = (mobile: string): string => shortForm(mobile).slice(0, -4)

const MAINLAND_NUMBERS = /(?<![0-9])((?:00)?(?:86)?1[3-9][0-9])[ -]?[0-9]{4}[ -]?([0-9]{4})(?![0-9])/g
const NUMBERS = new RegExp(
  `((?:\\+|%2B|(?<![0-9])00)(?!86)(?:${CALLING_CODE}))(?:[ -]?[0-9]){2,10}[ -]?([0-9]{4})(?![0-9])`,
  'gi',
)
/** Eleven to fifteen bare digits may be the international form without its plus. A time in ms has 13 and begins with 1. */
const BARE_NUMBERS = /(?<![0-9A-Za-z_*.-])(?!1[0-9]{12}(?![0-9]))[0-9]{7,11}([0-9]{4})(?![0-9A-Za-z_-])/g
/** The four or five digits of a port or of a line, as in `127.0.0.1:6379` and `file.ts:1234`, are no code. */
const CODES = /(?<![0-9A-Za-z_*-])(?:[0-9]{6,10}|(?<!(?:\.[0-9a-z]{1,3}|\]):)[0-9]{4,5})(?![0-9A-Za-z_*-])/g

/** Masks everything that looks like a mobile number or a code in text of a library, such as a stack trace. */
export const scrub = (text: string): string =>
  text
    .replace(NUMBERS, '$1****$2')
    .replace(MAINLAND_NUMBERS, '$1****$2')
    .replace(BARE_NUMBERS, '****$1')
    .replace(CODES, '******')
