// Checks the typed number before any call, so that a wrong number costs no picture.
import { fail, type Context } from './context.ts'
import { isWorldwide } from './state.ts'

const MAINLAND = /^1[3-9][0-9]{9}$/
/** A landline of mainland China: 0, area code and number. */
const LANDLINE = /^0(?:10[0-9]{8}|[2-9][0-9]{9,10})$/
const E164 = /^\+[1-9][0-9]{6,14}$/

export const isMainland = (mobile: string): boolean => MAINLAND.test(mobile)

/** Returns the typed number, or shows what is wrong with it and returns null. */
export function checkedMobile(context: Context): string | null {
  const mobile = context.mobile()
  if (isMainland(mobile) || (isWorldwide(context.state) && E164.test(mobile))) return mobile
  fail(context, 'mobile', (texts) => {
    if (mobile === '') return texts.needMobile
    if (LANDLINE.test(mobile)) return texts.landline
    return E164.test(mobile) && !mobile.startsWith('+86') ? texts.countryNotServed : texts.mobileWrong
  })
  return null
}
