// Defines `<sms-code>`, which asks for a number and a code, and gives the page a receipt.
import { createController } from './controller.ts'
import { isFocusFree } from './focus.ts'
import type { SmsCodeElement, Typed } from './sms-code-element.ts'
import { styleSheets } from './style.ts'

export type * from './sms-code-element.ts'

/** A symbol keeps the internals out of the properties that a page sees. */
const INTERNALS = Symbol('internals')

/** What the element has of an `<input>`: the properties of its attributes, its form and its validity. */
const createFieldClass = () =>
  class Field extends HTMLElement {
    static readonly formAssociated = true
    readonly [INTERNALS] = this.attachInternals()

    get name(): string {
      return this.getAttribute('name') ?? ''
    }
    set name(next: string) {
      this.setAttribute('name', next)
    }
    get required(): boolean {
      return this.hasAttribute('required')
    }
    set required(next: boolean | undefined) {
      this.toggleAttribute('required', Boolean(next))
    }
    get disabled(): boolean {
      return this.hasAttribute('disabled')
    }
    set disabled(next: boolean | undefined) {
      this.toggleAttribute('disabled', Boolean(next))
    }
    get form(): HTMLFormElement | null {
      return this[INTERNALS].form
    }
    get validity(): ValidityState {
      return this[INTERNALS].validity
    }
    checkValidity(): boolean {
      return this[INTERNALS].checkValidity()
    }
    reportValidity(): boolean {
      return this[INTERNALS].reportValidity()
    }
  }

/** A change of `locale` or `id` needs no reaction, because both are read when they are used. */
const OBSERVED = ['base-url', 'scene', 'lang', 'mobile', 'required', 'name', 'mobile-name']

/** A property that the page set before this file ran hides the property of the class. */
function takeOver(element: HTMLElement, name: string): void {
  const own = Object.getOwnPropertyDescriptor(element, name)
  if (own !== undefined && Reflect.deleteProperty(element, name)) Reflect.set(element, name, own.value)
}

const createElementClass = () =>
  class SmsCode extends createFieldClass() implements SmsCodeElement {
    static readonly observedAttributes = OBSERVED
    readonly #controller

    constructor() {
      super()
      const root = this.attachShadow({ mode: 'open' })
      root.adoptedStyleSheets = styleSheets(this)
      this.#controller = createController(this, root, this[INTERNALS])
      // A click on a `<label>` of the element arrives as a click on the element itself.
      this.addEventListener('click', (event) => {
        if (event.composedPath()[0] === this) this.focus()
      })
    }

    connectedCallback(): void {
      for (const name of ['mobile', 'code', 'name', 'required', 'disabled']) takeOver(this, name)
      this.#controller.connect()
      // As an `<input>`, it takes no focus away.
      if (this.hasAttribute('autofocus') && isFocusFree(this.ownerDocument)) this.focus()
    }
    disconnectedCallback(): void {
      this.#controller.disconnect()
    }
    // The browser drops the style sheets of another document.
    adoptedCallback(): void {
      if (this.shadowRoot !== null) this.shadowRoot.adoptedStyleSheets = styleSheets(this)
    }
    attributeChangedCallback(name: string, before: string | null, now: string | null): void {
      if (before !== now) this.#controller.change(name)
    }
    formResetCallback(): void {
      this.#controller.reset()
    }
    formDisabledCallback(isDisabled: boolean): void {
      this.#controller.disable(isDisabled)
    }

    // With `delegatesFocus`, which serves labels and `autofocus` too, a tap on any text would open the keyboard of a phone.
    override focus(): void {
      this.#controller.focus()
    }

    get mobile(): string {
      return this.#controller.mobile()
    }
    set mobile(typed: Typed) {
      this.#controller.setMobile(String(typed ?? ''))
    }
    get code(): string {
      return this.#controller.code()
    }
    set code(typed: Typed) {
      this.#controller.setCode(String(typed ?? ''))
    }
    get receipt(): string {
      return this.#controller.receipt()
    }
    get value(): string {
      return this.receipt
    }
    get client(): SmsCodeElement['client'] {
      return this.#controller.client()
    }
  }

// A server that renders a page may import this file, but has no elements.
if ('customElements' in globalThis && customElements.get('sms-code') === undefined)
  customElements.define('sms-code', createElementClass())
