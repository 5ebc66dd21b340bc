// Connects one element with the page: with its attributes, its language, and the form that the element is a field of.
import { createCurrentForm } from './current-form.ts'
import { createFormValue } from './form-value.ts'
import { createLanguage } from './language.ts'
import { createProperties } from './properties.ts'

export function createController(host: HTMLElement, root: ShadowRoot, internals: ElementInternals) {
  const language = createLanguage(host, () => current.form()?.draw())
  const current = createCurrentForm({ host, root, language: language.now, report: () => formValue.report() })
  const properties = createProperties(current)
  const { early, mobile, receipt } = properties
  const formValue = createFormValue(host, internals, {
    receipt,
    receiptAge: () => current.form()?.receiptAge() ?? 0,
    mobile,
    language: language.now,
    anchor: () => current.form()?.anchor,
    onExpired: () => {
      current.begin(mobile())
      current.form()?.showExpired()
    },
  })
  const attributeMobile = () => host.getAttribute('mobile') ?? ''

  return {
    ...properties,

    connect(): void {
      language.follow()
      const form = current.form()
      if (form !== undefined) {
        form.resume({ fillsNumber: true })
        return formValue.watch()
      }
      current.begin(early.mobile || attributeMobile(), { fillsNumber: true })
      if (early.code !== '') properties.setCode(early.code)
    },

    disconnect(): void {
      language.unfollow()
      current.form()?.pause()
      formValue.unwatch()
    },

    /** An attribute has changed. The first form reads all of them. */
    change(name: string): void {
      const form = current.form()
      if (form === undefined) return
      if (name === 'mobile') properties.setMobile(attributeMobile())
      else if (name === 'lang') language.read()
      else if (name === 'scene' || name === 'base-url') current.changeSource()
      else form.draw()
    },

    reset: () => void current.reset(attributeMobile()),

    disable: (isDisabled: boolean) => current.setDisabled(isDisabled),
    focus: () => current.form()?.focus(),
  }
}
