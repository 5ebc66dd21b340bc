// The properties of the element: the number, the code and the receipt of its form.
import type { CurrentForm } from './current-form.ts'

export function createProperties(current: CurrentForm) {
  /** What the page sets before the element has a form. */
  const early = { mobile: '', code: '' }
  const mobile = () => current.form()?.mobile() ?? early.mobile
  const receipt = () => current.form()?.receipt() ?? ''

  return {
    early,
    mobile,
    receipt,
    code: () => current.form()?.code() ?? early.code,
    client: () => current.form()?.client,

    setMobile(typed: string): void {
      const form = current.form()
      if (form === undefined) early.mobile = typed
      else if (receipt() === '') form.setMobile(typed)
      // Another number is not verified.
      else if (form.client.normaliseMobile(typed) !== mobile()) current.begin(typed)
    },

    setCode(typed: string): void {
      early.code = typed
      current.form()?.setCode(typed)
    },
  }
}
