/** A mainland mobile number in its only accepted form: eleven ASCII digits, no prefix, no spaces. */
export const MOBILE_PATTERN = '^1[3-9][0-9]{9}$'

/** `13800138000` → `138****8000`: the only form of a number that may leave a process. */
export function maskMobile(mobile: string): string {
  return `${mobile.slice(0, 3)}****${mobile.slice(7)}`
}

/** The carrier segment of a number: its first three digits. */
export const segmentOf = (mobile: string): string => mobile.slice(0, 3)

const NUMBERS = /(?<![0-9])((?:00)?(?:86)?1[3-9][0-9])[0-9]{4}([0-9]{4})(?![0-9])/g
const CODES = /(?<![0-9A-Za-z_-])[0-9]{6,10}(?![0-9A-Za-z_-])/g

/**
 * Free text that others wrote (error messages, stack traces), with everything that looks like a mobile
 * number or a code masked. Our own texts never carry either; this is the net below them.
 */
export function scrub(text: string): string {
  return text.replace(NUMBERS, '$1****$2').replace(CODES, '******')
}
