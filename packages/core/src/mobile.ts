/** A mainland mobile number in its canonical form: eleven ASCII digits without prefix or spaces. */
export const MOBILE_PATTERN = '^1[3-9][0-9]{9}$'

const SEPARATORS = /[\s\p{Dash}\p{Cf}]/gu

/** Turns typed digits into ASCII digits: without spaces, dashes and the invisible characters of copied text. */
export const normaliseDigits = (typed: string): string => typed.normalize('NFKC').replace(SEPARATORS, '')

/** Turns a typed number, such as `+86 138-0013-8000`, into its canonical form. No canonical number begins with 86. */
export const normaliseMobile = (typed: string): string => normaliseDigits(typed).replace(/^(?:\+|00)?86/, '')

/** `13800138000` becomes `138****8000`: the only form in which a number may be logged or shown. */
export const maskMobile = (mobile: string): string => `${mobile.slice(0, 3)}****${mobile.slice(7)}`

/** The carrier segment of a number: its first three digits. */
export const segmentOf = (mobile: string): string => mobile.slice(0, 3)

/** The number segment of limits and lists: the first seven digits. */
export const numberSegment = (mobile: string): string => mobile.slice(0, 7)

const NUMBERS = /(?<![0-9])((?:00)?(?:86)?1[3-9][0-9])[ -]?[0-9]{4}[ -]?([0-9]{4})(?![0-9])/g
const CODES = /(?<![0-9A-Za-z_-])[0-9]{6,10}(?![0-9A-Za-z_-])/g

/** Masks everything that looks like a mobile number or a code in text of a library, such as a stack trace. */
export const scrub = (text: string): string => text.replace(NUMBERS, '$1****$2').replace(CODES, '******')
