// What the user does with the controls of the form.
import type { Captcha } from './captcha.ts'
import type { Context } from './context.ts'
import { isMainland } from './number.ts'
import { findCode } from './read-code.ts'
import { codeLengthOf, endNumberErrors, otherCaptcha } from './state.ts'

type Options = {
  captcha: Captcha
  send: () => Promise<void>
  verify: () => Promise<void>
  startOver: () => void
}

/** Runs `act` when the Enter key is pressed, but not when it confirms what an input method offers. */
function onEnter(input: HTMLInputElement, act: () => Promise<void>): void {
  input.addEventListener('keydown', (event) => {
    // Safari reports the key code 229 for the Enter key that ends a composition.
    if (event.key !== 'Enter' || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    if (!event.repeat) void act()
  })
}

/** A paste, a drop or a suggestion of the browser. An autofill reports no kind of input at all. */
const WHOLE = new Set<unknown>(['insertFromPaste', 'insertFromDrop', 'insertReplacementText'])

/** Runs `tidy` when the text has changed, but not before an input method has finished. */
function onText(input: HTMLInputElement, tidy: (isWhole: boolean) => void): void {
  input.addEventListener('input', (event) => {
    if (!(event instanceof InputEvent)) tidy(true)
    else if (!event.isComposing) tidy(WHOLE.has(event.inputType))
  })
  input.addEventListener('compositionend', () => tidy(false))
}

function listenToMobile({ state, nodes, mobile, draw }: Context, send: () => Promise<void>): void {
  onText(nodes.mobile, () => {
    // Before it is complete, a number is left as it is typed, or the cursor would jump.
    if (isMainland(mobile()) && nodes.mobile.value !== mobile()) nodes.mobile.value = mobile()
    endNumberErrors(state)
    draw()
  })
  nodes.mobile.addEventListener('change', () => {
    nodes.mobile.value = mobile()
  })
  onEnter(nodes.mobile, send)
}

function listenToCaptcha({ state, nodes, draw }: Context, captcha: Captcha, send: () => Promise<void>): void {
  onText(nodes.imageCode, () => {
    delete state.errors.captcha
    draw()
  })
  onEnter(nodes.imageCode, send)
  nodes.refresh.addEventListener('click', () => captcha.refresh())
  nodes.picture.addEventListener('click', () => {
    if (state.isDisabled) return
    captcha.refresh()
    nodes.imageCode.focus()
  })
  nodes.useOther.addEventListener('click', () => {
    captcha.choose(otherCaptcha(state) ?? 'picture')
    // The next step of the user is to send.
    nodes.send.focus()
  })
}

/**
 * A code that arrives as a whole is verified. A typed one is not, because its last digit may be a slip. Nor is one of
 * several numbers, because each wrong code costs a guess.
 */
function listenToCode({ client, state, nodes, draw }: Context, verify: () => Promise<void>): void {
  onText(nodes.smsCode, (isWhole) => {
    const { value } = nodes.smsCode
    const { code, isCertain } = findCode(value, codeLengthOf(state), client)
    if (code !== value) nodes.smsCode.value = code
    delete state.errors.code
    draw()
    if (isWhole && isCertain) void verify()
  })
  onEnter(nodes.smsCode, verify)
}

export function listen(context: Context, { captcha, send, verify, startOver }: Options): void {
  const { nodes } = context
  listenToMobile(context, send)
  listenToCaptcha(context, captcha, send)
  listenToCode(context, verify)
  nodes.send.addEventListener('click', () => void send())
  nodes.verify.addEventListener('click', () => void verify())
  nodes.changeNumber.addEventListener('click', startOver)
}
