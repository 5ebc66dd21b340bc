import { normaliseMobile } from './mobile.ts'

/** A number in E.164. With a fault it gets no code, but may have data, since the policy once served its country. */
type WellFormed =
  | { mobile: string; country: string }
  | { mobile: string; fault: 'landline' | 'countryNotServed' }

/** `country` is an ISO 3166-1 code. `mobileWrong`: neither the number of a mobile phone nor that of a landline. */
export type ReadNumber = WellFormed | { fault: 'mobileWrong' }

const MAINLAND = /^\+861[3-9][0-9]{9}$/
const E164 = /^\+[1-9][0-9]{6,14}$/

/**
 * Loads a function that reads typed numbers. Mainland numbers are recognised by their pattern. The metadata of all other
 * numbers costs a process 60 ms of CPU and 11 MB, so it is loaded only if another country is served.
 * @param served the countries whose numbers get codes
 */
export async function loadNumbers(served: Pick<ReadonlySet<string>, 'has' | 'size'>) {
  const isWorldwide = served.size > (served.has('CN') ? 1 : 0)
  const parse = isWorldwide ? (await import('libphonenumber-js/max')).parsePhoneNumberFromString : undefined

  return (typed: string): ReadNumber => {
    const mobile = normaliseMobile(typed)
    if (MAINLAND.test(mobile))
      return served.has('CN') ? { mobile, country: 'CN' } : { mobile, fault: 'countryNotServed' }
    if (!E164.test(mobile)) return { fault: 'mobileWrong' }
    if (parse === undefined)
      return mobile.startsWith('+86') ? { fault: 'mobileWrong' } : { mobile, fault: 'countryNotServed' }
    const parsed = parse(mobile)
    if (parsed?.country === undefined) return { fault: 'mobileWrong' }
    // `number` lacks what people type between calling code and number, such as the 0 of +44 (0)7….
    const { number, country } = parsed
    if (!served.has(country)) return { mobile: number, fault: 'countryNotServed' }
    const type = parsed.getType()
    if (type === 'FIXED_LINE') return { mobile: number, fault: 'landline' }
    // In North America, the numbers of mobiles and of landlines look the same.
    const mayBeMobile = type === 'MOBILE' || type === 'FIXED_LINE_OR_MOBILE'
    return mayBeMobile ? { mobile: number, country } : { fault: 'mobileWrong' }
  }
}
export type ReadNumbers = Awaited<ReturnType<typeof loadNumbers>>
