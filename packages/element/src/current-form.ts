// The form that the element shows. Each scene and API that the attributes name has a form of its own, which is there again
// when they name it again. Another number than the verified one, and a reset, replace the form.
import { createSources } from './sources.ts'
import { createForm, type Form } from './form.ts'
import type { Language } from './language.ts'
import type { ResumeOptions } from './last-send.ts'

type Options = {
  host: HTMLElement
  root: ShadowRoot
  language: () => Language
  /** Runs after each change of the form. */
  report: () => void
}

export function createCurrentForm({ host, root, language, report }: Options) {
  const readSource = createSources(host, language)
  const forms = new Map<string, Form>()
  let form: Form | undefined
  let isDisabled = false

  function show(next: Form, options?: ResumeOptions): void {
    form = next
    root.replaceChildren(next.node)
    next.setDisabled(isDisabled)
    if (host.isConnected) next.resume(options)
  }

  function create(mobile: string): Form {
    const source = readSource()
    const created = createForm({ ...source, host, language, report, startOver })
    created.setMobile(mobile)
    forms.set(source.id, created)
    return created
  }

  /** Replaces the form by a new one. */
  function begin(mobile: string, options?: ResumeOptions): void {
    form?.leave()
    show(create(mobile), options)
  }

  function startOver(): void {
    begin('')
    form?.focus()
  }

  return {
    /** Undefined until the element has been in a page. */
    form: () => form,
    begin,

    /** The attributes name another scene or API. What still runs in the form before goes on there. */
    changeSource(): void {
      const before = form
      const { id } = readSource()
      if (before === undefined || before.sourceId === id) return
      before.leave()
      show(forms.get(id) ?? create(before.mobile()), { fillsNumber: true })
    },

    /** Without a receipt, a running verify ends first: if it uses up the code, its receipt must not be lost. */
    async reset(mobile: string): Promise<void> {
      const before = form
      if (before === undefined) return
      const hadReceipt = before.receipt() !== ''
      if (!hadReceipt) await before.runningVerify()?.catch(() => {})
      if (before === form && (hadReceipt || before.receipt() === '')) begin(mobile)
    },

    setDisabled(next: boolean): void {
      isDisabled = next
      form?.setDisabled(next)
    },
  }
}
export type CurrentForm = ReturnType<typeof createCurrentForm>
