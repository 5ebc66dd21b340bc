import fc from 'fast-check'
import {
  getCountries,
  getCountryCallingCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/examples.mobile.json' with { type: 'json' }
import { describe, expect, it } from 'vitest'
import {
  CALLING_CODE,
  maskMobile,
  normaliseMobile,
  numberSegment,
  prefixOf,
  segmentOf,
} from '../src/mobile.ts'
import { loadNumbers } from '../src/numbers.ts'

const countries = getCountries()
const readAll = await loadNumbers(new Set<string>(countries))
const readMainland = await loadNumbers(new Set(['CN']))

const callingCodeOf = (country: string) => (isSupportedCountry(country) ? getCountryCallingCode(country) : '')

/** The example of each country, and numbers that differ from it in the last two digits: two or three a country. */
const MOBILES = countries.flatMap((country) => {
  const example = `+${getCountryCallingCode(country)}${examples[country]}`
  return ['', '17', '58'].map((end) => ({
    country,
    mobile: example.slice(0, example.length - end.length) + end,
  }))
})

/** Makes broken numbers of a good one. */
const BREAKS: [string, (mobile: string) => string][] = [
  ['an end that is missing', (mobile) => mobile.slice(0, 6)],
  ['five digits more', (mobile) => `${mobile}12345`],
  ['a letter', (mobile) => `${mobile.slice(0, -1)}O`],
  ['a digit of another script that has no ASCII form', (mobile) => `${mobile.slice(0, -1)}٣`],
  ['two pluses', (mobile) => `+${mobile}`],
  ['a plus in the middle', (mobile) => `${mobile.slice(0, 5)}+${mobile.slice(5)}`],
  ['an emoji', (mobile) => `${mobile}😀`],
  ['an extension', (mobile) => `${mobile};ext=7`],
  ['another scheme than tel:', (mobile) => `sip:${mobile}`],
  ['two numbers', (mobile) => `${mobile},${mobile}`],
  ['a NUL', (mobile) => `${mobile}\0`],
  ['three zeros', (mobile) => mobile.replace('+', '000')],
  ['5,000 digits', (mobile) => mobile.padEnd(5_000, '1')],
]

describe('a reader of numbers', () => {
  it('reads more than 500 mobile numbers of all countries as themselves', () => {
    const read = MOBILES.flatMap(({ country, mobile }) => {
      const number = readAll(mobile)
      return 'country' in number ? [{ country, mobile, number }] : []
    })
    expect(read.length).toBeGreaterThan(500)
    for (const { country, mobile, number } of read) {
      expect(number.mobile).toBe(mobile)
      // Some territories share the numbers of their neighbour, such as Åland those of Finland.
      expect(callingCodeOf(number.country)).toBe(callingCodeOf(country))
    }
    expect(read.filter(({ country, number }) => number.country === country).length).toBeGreaterThan(500)
    expect(new Set(read.map(({ country }) => country)).size).toBe(countries.length)
  })

  it('reads the same number with 00, spaces, dashes and full-width digits, and reads its result as itself', () => {
    for (const { mobile } of MOBILES) {
      const read = readAll(mobile)
      if ('fault' in read) continue
      const wide = mobile.replace(/[0-9+]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0))
      const spaced = `${mobile.slice(0, 5)} ${mobile.slice(5, 8)}-${mobile.slice(8)}\u200b`
      for (const typed of [mobile.replace('+', '00'), spaced, wide, read.mobile])
        expect(readAll(typed)).toEqual(read)
    }
  })

  it('makes one number of the spellings that people use in other countries', () => {
    expect(readAll('+44 07911 123456')).toEqual({ mobile: '+447911123456', country: 'GG' })
    expect(readAll('+447911123456')).toEqual({ mobile: '+447911123456', country: 'GG' })
  })

  it.each(BREAKS)('reads no number with %s', (_what, spoil) => {
    for (const { mobile } of MOBILES) expect(readAll(spoil(mobile))).toEqual({ fault: 'mobileWrong' })
  })

  it('reads no number with a digit less or more, unless the country has numbers of that length', () => {
    let refused = 0
    for (const { mobile } of MOBILES) {
      for (const text of [mobile.slice(0, -1), `${mobile}5`]) {
        const type = parsePhoneNumberFromString(text)?.getType()
        const isMobile = type === 'MOBILE' || type === 'FIXED_LINE_OR_MOBILE'
        expect('country' in readAll(text)).toBe(isMobile)
        refused += isMobile ? 0 : 1
      }
    }
    expect(refused).toBeGreaterThan(1_000)
  })

  it.each([
    ['a landline of Hong Kong', '+85221234567', 'landline'],
    ['a landline of the mainland', '+862112345678', 'landline'],
    ['a premium number of the United States', '+19005551234', 'mobileWrong'],
    ['a toll-free number', '+18005551234', 'mobileWrong'],
    ['a personal number of Britain, which costs its caller', '+447012345678', 'mobileWrong'],
    ['a satellite phone, which has no country', '+881612345678', 'mobileWrong'],
    ['a calling code that does not exist', '+999123456789', 'mobileWrong'],
    ['a mainland number of ten digits', '1380013800', 'mobileWrong'],
    ['a foreign number without a prefix', '85291234567', 'mobileWrong'],
    ['no text', '', 'mobileWrong'],
  ])('refuses %s', (_what, typed, fault) => {
    expect(readAll(typed)).toMatchObject({ fault })
  })

  it('accepts numbers of North America, where a mobile looks like a landline', () => {
    expect(readAll('+1 415 555 2671')).toEqual({ mobile: '+14155552671', country: 'US' })
  })

  it('refuses the numbers of other countries than those that are served', async () => {
    const read = await loadNumbers(new Set(['HK', 'US']))
    expect(read('+852 9123 4567')).toEqual({ mobile: '+85291234567', country: 'HK' })
    for (const mobile of ['+8613800138000', '+16042342345', '+6581234567', '+6561234567'])
      expect(read(mobile)).toEqual({ mobile, fault: 'countryNotServed' })
    expect(read('13800138000')).toEqual({ mobile: '+8613800138000', fault: 'countryNotServed' })
    expect(read('+44 07911 123456')).toEqual({ mobile: '+447911123456', fault: 'countryNotServed' })
    expect(read('+852 2123 4567')).toEqual({ mobile: '+85221234567', fault: 'landline' })
  })

  it('reads mainland numbers without the metadata of the world', () => {
    const mainland = { mobile: '+8613800138000', country: 'CN' }
    for (const typed of ['13800138000', '+86 138-0013-8000', '0086 138 0013 8000', '8613800138000'])
      expect([readMainland(typed), readAll(typed)]).toEqual([mainland, mainland])
    for (const { country, mobile } of MOBILES.filter((one) => one.country !== 'CN'))
      expect([country, readMainland(mobile)]).toEqual([country, { mobile, fault: 'countryNotServed' }])
    expect(readMainland('+862112345678')).toEqual({ fault: 'mobileWrong' })
  })

  it('answers for any text, and reads what it has made as the same number', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .tuple(fc.constantFrom('', '+', '00', '86', '0'), fc.nat(99_999), fc.nat(999_999_999))
        .map((parts) => parts.join('')),
      fc.constantFrom(...MOBILES.map(({ mobile }) => mobile)),
    )
    fc.assert(
      fc.property(text, (typed) => {
        expect(normaliseMobile(normaliseMobile(typed))).toBe(normaliseMobile(typed))
        const read = readAll(typed)
        expect('mobile' in read ? readAll(read.mobile) : read).toEqual(read)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('the parts of a number', () => {
  it('begin with its calling code, as the metadata has it', () => {
    const pattern = new RegExp(`^(?:${CALLING_CODE})$`)
    for (const country of countries) expect(getCountryCallingCode(country)).toMatch(pattern)
    for (const { country, mobile } of MOBILES.filter((one) => one.country !== 'CN')) {
      expect(prefixOf(mobile)).toBe(`+${getCountryCallingCode(country)}`)
      expect(maskMobile(mobile)).toBe(`+${getCountryCallingCode(country)}****${mobile.slice(-4)}`)
    }
  })

  it.each([
    ['+8613800138000', '138', '1380013'],
    ['+85291234567', '+852912', '+8529123'],
    ['+14155552671', '+1415', '+1415555'],
  ])('of %s are the carrier segment %s and the number segment %s', (mobile, carrier, segment) => {
    expect([segmentOf(mobile), numberSegment(mobile)]).toEqual([carrier, segment])
  })
})
