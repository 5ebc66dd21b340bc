// What the element reads from a form, and what it fills in for the page.
import type { Context } from './context.ts'
import { findCode } from './read-code.ts'
import { awaitsCode, codeLengthOf, endNumberErrors } from './state.ts'

export function createFields({ client, state, nodes, mobile, isOwnMessage, draw }: Context) {
  return {
    /** The control that the browser shows when the receipt is missing. */
    anchor: nodes.mobile,
    focus: () => nodes[isOwnMessage() && awaitsCode(state) ? 'smsCode' : 'mobile'].focus(),
    code: () => nodes.smsCode.value,
    receipt: () => state.receipt,
    receiptAge: () => state.receiptAge(),
    mobile,

    setMobile(typed: string): void {
      nodes.mobile.value = typed
      nodes.mobile.value = mobile()
      endNumberErrors(state)
      draw()
    },

    setCode(typed: string): void {
      nodes.smsCode.value = findCode(typed, codeLengthOf(state), client).code
      delete state.errors.code
      draw()
    },

    setDisabled(isDisabled: boolean): void {
      state.isDisabled = isDisabled
      draw()
    },

    /** The receipt was not used in time. */
    showExpired(): void {
      state.errors.send = (texts) => texts.receiptExpired
      draw()
    },
  }
}
