// What all steps of one form share.
import type { SmsCodes } from '@sms-codes/client'
import { draw as drawState } from './draw.ts'
import { mayMoveFocus } from './focus.ts'
import { textsOf, type Language } from './language.ts'
import { initialState, type ErrorPlace, type ErrorText, type State } from './state.ts'
import { createTemplate } from './template.ts'

type Options = {
  host: HTMLElement
  client: SmsCodes
  language: () => Language
  /** Runs after each drawing. */
  onDraw: () => void
}

export function createContext({ host, client, language, onDraw }: Options) {
  const nodes = createTemplate()
  const state = initialState()
  /** Whether the element shows this form. A form that is not shown dispatches no events. */
  const isShown = () => nodes.form.parentNode !== null
  /** The typed number, as answers of the API write it. */
  const mobile = () => client.normaliseMobile(nodes.mobile.value)
  /** Whether the last message of this tab was for the typed number. */
  const isOwnMessage = () => client.last()?.mobile === mobile()

  function draw(): void {
    if (!isShown()) return
    // A message says nothing about another number.
    const shown = isOwnMessage() ? state : { ...state, progress: '' as const }
    drawState(nodes, shown, textsOf(language()), language(), mobile())
    onDraw()
  }

  function emit(name: string, detail: object): void {
    if (isShown()) host.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
  }

  /** Moves the focus after an answer of the API. */
  function focus(node: HTMLElement): void {
    if (mayMoveFocus(host)) node.focus()
  }

  return { host, client, state, nodes, mobile, isOwnMessage, draw, isShown, emit, focus }
}
export type Context = ReturnType<typeof createContext>

/** Shows that the form is busy for as long as `act` runs, also if `act` fails. */
export async function whileBusy(
  { state, draw }: Context,
  busy: State['busy'],
  act: () => Promise<void>,
): Promise<void> {
  state.busy = busy
  draw()
  try {
    await act()
  } finally {
    state.busy = ''
    draw()
  }
}

const INPUT_OF = { mobile: 'mobile', captcha: 'imageCode', send: 'send', code: 'smsCode' } as const

/**
 * Shows an error at its place. Unless the user works elsewhere in the page, the focus moves to the control that the user
 * has to change or to press.
 */
export function fail({ state, nodes, draw, focus }: Context, place: ErrorPlace, text: ErrorText): void {
  state.errors[place] = text
  draw()
  // A widget and a calculation have no field.
  const input = place === 'captcha' && state.captcha !== 'picture' ? 'send' : INPUT_OF[place]
  focus(nodes[input])
  // A wrong code is typed again. In a wrong number, the user corrects a digit.
  if (place === 'code') nodes.smsCode.select()
}
