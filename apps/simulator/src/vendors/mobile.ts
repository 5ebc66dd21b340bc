// Phone numbers. The outbox lists a number as `to`, with eleven digits for China and the international form for all
// others, and as `number`, always in the international form (E.164).
import { parsePhoneNumberFromString } from 'libphonenumber-js'

export const CHINESE_MOBILE = /^1[3-9]\d{9}$/
export const INTERNATIONAL = /^\+[1-9]\d{6,14}$/

export function handsetOf(number: string): string {
  const national = /^\+86(1[3-9]\d{9})$/.exec(number)?.[1]
  return national ?? number
}

export function internationalOf(to: string): string {
  return CHINESE_MOBILE.test(to) ? `+86${to}` : to
}

/** The country of a number in the international form, or null when no country has such a number. */
export function countryOf(number: string): string | null {
  return isChinese(number) ? 'CN' : (parsePhoneNumberFromString(number)?.country ?? null)
}

export function isChinese(number: string): boolean {
  return handsetOf(number) !== number
}

/** The calling code and the national number of a number in the international form. */
export function splitNumber(number: string): { callingCode: string; national: string } {
  const parsed = parsePhoneNumberFromString(number)
  return parsed === undefined
    ? { callingCode: '', national: number }
    : { callingCode: parsed.countryCallingCode, national: parsed.nationalNumber }
}

/** Vendors let a sender of letters send to most countries, but not to the numbers of North America. */
export function takesLetters(number: string): boolean {
  return !/^\+1\d{10}$/.test(number)
}

/** The `to` of the outbox for the `to` of a query, in which the plus of a number has become a blank unless encoded. */
export function recipientOf(to: string | undefined): string | undefined {
  return to === undefined ? undefined : handsetOf(to.replace(/^ (?=\d)/, '+'))
}
