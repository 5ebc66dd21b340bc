import { normaliseMobile } from './mobile.ts'

/** Why a text is not accepted. `mobileWrong`: it is not the number of a mobile phone, and not one of a landline either. */
export type NumberFault = 'mobileWrong' | 'landline' | 'countryNotServed'

/** `mobile` is E.164, `country` its ISO 3166-1 code. */
export type ReadNumber = { mobile: string; country: string } | { fault: NumberFault }

const MAINLAND = /^\+861[3-9][0-9]{9}$/
const E164 = /^\+[1-9][0-9]{6,14}$/

/**
 * Loads a function that reads typed numbers. Mainland numbers are recognised by their pattern. The metadata of all other
 * numbers costs a process 60 ms of CPU and 11 MB, so it is loaded only if another country is served.
 * @param served the countries whose numbers are accepted
 */
export async function loadNumbers(served: Pick<ReadonlySet<string>, 'has' | 'size'>) {
  const isWorldwide = served.size > (served.has('CN') ? 1 : 0)
  const parse = isWorldwide ? (await import('libphonenumber-js/max')).parsePhoneNumberFromString : undefined

  return (typed: string): ReadNumber => {
    const mobile = normaliseMobile(typed)
    if (MAINLAND.test(mobile))
      return served.has('CN') ? { mobile, country: 'CN' } : { fault: 'countryNotServed' }
    if (!E164.test(mobile)) return { fault: 'mobileWrong' }
    if (parse === undefined) return { fault: mobile.startsWith('+86') ? 'mobileWrong' : 'countryNotServed' }
    const number = parse(mobile)
    const country = number?.country
    if (country !== undefined && !served.has(country)) return { fault: 'countryNotServed' }
    const type = number?.getType()
    if (type === 'FIXED_LINE') return { fault: 'landline' }
    // In North America, the numbers of mobiles and of landlines look the same.
    const mayBeMobile = type === 'MOBILE' || type === 'FIXED_LINE_OR_MOBILE'
    // `number.number` lacks what people type between calling code and number, such as the 0 of +44 (0)7….
    if (number === undefined || country === undefined || !mayBeMobile) return { fault: 'mobileWrong' }
    return { mobile: number.number, country }
  }
}
export type ReadNumbers = Awaited<ReturnType<typeof loadNumbers>>
