// What the form of the page gets from the element: the receipt, or the fault that it is missing.
import { textsOf, type Language } from './language.ts'

/** A receipt lives for 600 seconds. The rest is for the user's way to the back end. */
const USABLE_MS = 570_000

type Options = {
  receipt: () => string
  /** The ms since the receipt came. */
  receiptAge: () => number
  mobile: () => string
  language: () => Language
  /** The control that the browser shows when the receipt is missing. */
  anchor: () => HTMLElement | undefined
  /** Runs when the back end would refuse the receipt, because it is too old or was used. */
  onExpired: () => void
}

export function createFormValue(host: HTMLElement, internals: ElementInternals, options: Options) {
  const { receipt, receiptAge, mobile, language, anchor, onExpired } = options
  let reported = ''
  let isPosted = false
  let unwatch = () => {}

  /** The receipt, and under `mobile-name` the number that it proves. */
  function posted(): FormData | null {
    if (receipt() === '') return null
    const fields = new FormData()
    fields.set(host.getAttribute('name') ?? '', receipt())
    fields.set(host.getAttribute('mobile-name') ?? '', mobile())
    // A field without a name is not posted.
    fields.delete('')
    return fields
  }

  /** Watches the receipt while the element is in the page. */
  function watch(): void {
    unwatch()
    if (reported === '' || !host.isConnected) return
    const check = () => receiptAge() >= USABLE_MS && onExpired()
    // One long timer would stand still while the device sleeps.
    const timer = setInterval(check, 5_000)
    const controller = new AbortController()
    const { signal } = controller
    // The way back can show the page as it was when its form was posted, and the back end has used the receipt since.
    const onShow = ({ persisted }: PageTransitionEvent) => persisted && isPosted && onExpired()
    addEventListener('pageshow', onShow, { signal })
    // The form of the element can change, also without a move of the element. Its event reaches the root of its tree.
    const onPosted = ({ target }: Event) => {
      if (target === internals.form) isPosted = true
    }
    host.getRootNode().addEventListener('formdata', onPosted, { capture: true, signal })
    unwatch = () => {
      clearInterval(timer)
      controller.abort()
    }
    // The receipt may have become too old while the element showed another scene or was outside the page.
    check()
  }

  /** Brings the form of the page up to date. */
  function report(): void {
    const isMissing = receipt() === '' && host.hasAttribute('required')
    if (isMissing) internals.setValidity({ valueMissing: true }, textsOf(language()).required, anchor())
    else internals.setValidity({})
    // Without the second argument the browser would keep the receipt in its session history.
    internals.setFormValue(posted(), '')
    if (reported === receipt()) return
    reported = receipt()
    isPosted = false
    watch()
    host.dispatchEvent(new Event('change', { bubbles: true }))
  }

  return { report, watch, unwatch: () => unwatch() }
}
